// Run by node: npm's command line, many times in one process.
//
// Arguments: the directory of npm. Reads one JSON object a line: words, directory and environment; writes one
// JSON number a line: the exit code.

// npm 9 prints to the standard output, whatever stream it is given.
const answer = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

const Npm = require(`${process.argv[2]}/lib/npm.js`)
const program = process.argv.slice(0, 1).concat(`${process.argv[2]}/bin/npm-cli.js`)

async function run ({ words, directory, environment }) {
  process.chdir(directory)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, environment)
  process.argv = [...program, ...words]
  const npm = new Npm({ stdout: process.stderr })
  try {
    const { command = npm.argv.shift(), args = npm.argv } = await npm.load() ?? {}
    await npm.exec(command, args)
    return process.exitCode ?? 0
  } catch {
    return 1
  } finally {
    npm.unload()
    process.exitCode = 0
  }
}

async function main () {
  for await (const line of require('readline').createInterface({ input: process.stdin })) {
    answer(`${await run(JSON.parse(line))}\n`)
  }
}

main()
