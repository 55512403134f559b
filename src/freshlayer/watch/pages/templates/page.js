// Everything works without this file; it only makes four things quicker.
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (["light", "dark"].includes(stored())) root.dataset.theme = stored();

  const theme = () => {
    const toggle = document.getElementById("theme");
    if (!toggle) return;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const name = () => root.dataset.theme || (dark.matches ? "dark" : "light");
    const show = () => toggle.setAttribute("aria-pressed", String(name() === "dark"));
    toggle.hidden = false;
    show();
    toggle.addEventListener("click", () => {
      root.dataset.theme = name() === "dark" ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a private window */ }
      show();
    });
  };

  const copying = () => {
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = !navigator.clipboard;
      button.addEventListener("click", async () => {
        const word = button.querySelector("span");
        try {
          await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
          word.textContent = "Copied";
        } catch { word.textContent = "Not allowed"; }
        setTimeout(() => { word.textContent = "Copy"; }, 1500);
      });
    }
  };

  // The server filters; here its answer replaces the table while the address keeps what was typed.
  const filtering = () => {
    const form = document.getElementById("filters");
    if (!form) return;
    let waiting = 0, latest = 0;
    const load = async () => {
      const kept = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
      const address = kept.size ? `${location.pathname}?${kept}` : location.pathname;
      const number = ++latest;
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (answer.redirected) location.assign(address);
      if (!answer.ok || answer.redirected || number !== latest) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["listed", "count"]) {
        const found = page.getElementById(id);
        if (found && number === latest) document.getElementById(id).replaceWith(document.adoptNode(found));
      }
      history.replaceState(null, "", address);
    };
    const soon = (delay) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => load().catch(() => {}), delay);
    };
    document.getElementById("submit").hidden = true;
    form.addEventListener("input", (event) => soon(event.target.type === "search" ? 150 : 0));
    form.addEventListener("submit", (event) => { event.preventDefault(); soon(0); });
  };

  const searching = () => {
    const field = document.getElementById("q");
    if (!field) return;
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      field.focus();
    });
  };

  // Nothing moves under the reader: a bar says that the page is out of date.
  const watching = () => {
    const bar = document.getElementById("old");
    const { revision, root } = document.body.dataset;
    if (!bar || !revision || !window.EventSource) return;
    const source = new EventSource(`${root}/events?since=${encodeURIComponent(revision)}`);
    source.addEventListener("old", () => {
      bar.hidden = false;
      bar.querySelector("a").href = location.pathname + location.search;
      source.close();
    });
  };

  addEventListener("DOMContentLoaded", () => {
    for (const part of [theme, copying, filtering, searching]) part();
  });
  addEventListener("load", watching);
})();
