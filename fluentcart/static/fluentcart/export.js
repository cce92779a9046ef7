// An export of a list, told while it comes: rows so far of rows in all, a button to cancel, and at the end the whole
// file. Without this script the link is a mere download, of which a browser cannot know how long it will be.
"use strict";
{
  const ROWS_HELD_MAX = 1_000_000; // the page holds the file until it is whole, which a browser can for some 300 MB
  const PIECE_BYTES = 8 * 2 ** 20; // what a browser has as a Blob it may put on disk
  const KEPT_MS = 60_000; // the browser needs the file for a moment after it was told to save it
  const QUOTE = 0x22;
  const LINE_FEED = 0x0a;
  const END = 0x00; // follows the whole file (fluentcart/admin/exporting.py): one that broke off lacks it

  const link = document.querySelector("a[data-export]");
  const panel = document.getElementById("export");
  const bar = panel?.querySelector("progress");
  const shown = document.getElementById("export-shown");
  const told = document.getElementById("export-told");
  const working = panel?.querySelector(".export-working");
  const number = (count) => count.toLocaleString("en");
  const warn = (event) => event.preventDefault(); // the browser then asks whether to leave
  let stop = null; // while an export runs: what ends it

  // Rows of a CSV file, counted as its bytes come; a line that ends within quotes goes on. The heading is no row.
  class RowCounter {
    count = -1;
    isQuoted = false;

    read(bytes) {
      for (const byte of bytes) {
        if (byte === QUOTE) this.isQuoted = !this.isQuoted;
        else if (byte === LINE_FEED && !this.isQuoted) this.count += 1;
      }
    }
  }

  function tell(text, isAloud = true) {
    shown.textContent = text;
    if (isAloud) told.textContent = text;
  }

  // Every change is seen; each tenth is read aloud.
  function tellProgress(count, total) {
    const tenth = Math.floor((10 * count) / total);
    const isAloud = tenth > Math.floor((10 * bar.value) / total);
    bar.value = count;
    tell(`${number(count)} of ${number(total)} ${link.dataset.export}`, isAloud);
  }

  // The file as a Blob; `counter` says meanwhile, and afterwards, how many rows came.
  async function received(answer, counter, total) {
    const pieces = [];
    let chunks = [];
    let chunksBytes = 0;
    let lastByte = null;
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      lastByte = value.at(-1);
      counter.read(value);
      tellProgress(Math.max(counter.count, 0), total);
      chunks.push(value);
      chunksBytes += value.length;
      if (chunksBytes >= PIECE_BYTES) {
        pieces.push(new Blob(chunks));
        chunks = [];
        chunksBytes = 0;
      }
    }
    if (lastByte !== END) throw new Error("The file broke off.");
    return new Blob([...pieces, ...chunks]).slice(0, -1, "text/csv");
  }

  function save(file, name) {
    const saved = document.createElement("a");
    saved.href = URL.createObjectURL(file);
    saved.download = name;
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), KEPT_MS);
  }

  async function run(counter) {
    const answer = await fetch(link.href, { headers: { Prefer: "count=exact" }, signal: stop.signal });
    const total = Number(answer.headers.get("X-WP-Total") ?? Infinity);
    if (!answer.ok || total > ROWS_HELD_MAX) {
      // To sign in again, to be refused, or for so long a file, the browser goes there itself.
      stop.abort();
      removeEventListener("beforeunload", warn);
      location.assign(link.href);
      return "Left to the browser: see its downloads.";
    }
    bar.max = Math.max(total, 1);
    bar.value = 0;
    const file = await received(answer, counter, total);
    const name = `${link.dataset.export}.csv`;
    save(file, name);
    return `Saved ${name}: ${number(counter.count)} ${counter.count === 1 ? "row" : "rows"}.`;
  }

  async function start() {
    const counter = new RowCounter();
    stop = new AbortController();
    addEventListener("beforeunload", warn);
    panel.hidden = working.hidden = false;
    bar.removeAttribute("value");
    tell(`Counting ${link.dataset.export}…`);
    try {
      tell(await run(counter));
    } catch (error) {
      const what = error.name === "AbortError" ? "Cancelled" : "Broke off";
      tell(`${what} after ${number(Math.max(counter.count, 0))} ${link.dataset.export}; nothing was saved.`);
    }
    if (working.contains(document.activeElement)) link.focus();
    working.hidden = true;
    removeEventListener("beforeunload", warn);
    stop = null;
  }

  link?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // as asked of the browser
    event.preventDefault();
    if (!stop) start();
  });
  panel?.querySelector("button").addEventListener("click", () => stop?.abort());
}
