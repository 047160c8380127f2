// Opened from disk, a page may not read the others: results of a search are then listed without extracts.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What scrolls by itself can be reached with the keyboard.
addEventListener("load", () => {
  for (const part of document.querySelectorAll("article pre, .table-wrapper, .katex-display, div.math")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
});
