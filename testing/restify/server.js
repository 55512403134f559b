// An origin as many write one: HEAD and GET answer 200 with an entity tag, whatever the request's conditions.
//
//   node server.js PORT TAG      (PORT 0: any free one)
//
// The first line on stdout names the URL; each request is one line of JSON after it. While it runs,
// PUT /.freshlayer/etag and PUT /.freshlayer/last-modified change what it says of itself; they are not logged.
"use strict";

// restify loads spdy even to serve plain HTTP, and on Node 24 spdy does not load.
try {
  require("spdy");
} catch (error) {
  const id = require.resolve("spdy");
  require.cache[id] = { id, filename: id, loaded: true, exports: {} };
}

const restify = require("restify");

const port = Number(process.argv[2]);
const state = { etag: process.argv[3], lastModified: null };

const server = restify.createServer({ name: "restify" });

function logRequest(req, status) {
  const { method, url: path, headers } = req;
  process.stdout.write(JSON.stringify({ method, path, status, headers }) + "\n");
}

function describe(res) {
  res.setHeader("ETag", state.etag);
  res.setHeader("Content-Type", "application/json");
  if (state.lastModified !== null) {
    res.setHeader("Last-Modified", state.lastModified);
  }
}

// The bytes change with the tag: after a layer that is equal to an earlier one, the BuildKit of Docker 26 takes
// what followed that one, and is right.
function content() {
  return JSON.stringify({ name: "docker", size: 20, of: state.etag }) + "\n";
}

function answer(withBody) {
  return function (req, res, next) {
    // Logged before the answer leaves, so that whoever has the answer finds the request in the log.
    logRequest(req, 200);
    describe(res);
    // Written as Node writes a body of unknown length: chunked, without Content-Length.
    if (withBody) {
      res.write(content());
    }
    res.end();
    next();
  };
}

function control(field) {
  return function (req, res, next) {
    let text = "";
    req.setEncoding("utf8");
    req.on("data", function (chunk) {
      text += chunk;
    });
    req.on("end", function () {
      state[field] = text.trim();
      res.statusCode = 204;
      res.end();
      next();
    });
  };
}

server.head("/", answer(false));
server.get("/", answer(true));
server.put("/.freshlayer/etag", control("etag"));
server.put("/.freshlayer/last-modified", control("lastModified"));

server.on("NotFound", function (req, res, error, done) {
  logRequest(req, error.statusCode);
  done();
});

server.listen(port, "127.0.0.1", function () {
  process.stdout.write("serving on http://127.0.0.1:" + server.address().port + "/\n");
});
