// The documentation's own script: the colours of the reference, the menu on wide screens, and buttons that copy.
"use strict";

// Swagger UI is dark by a class; the rest of the page follows the system by its stylesheet.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Without this script the menu is closed and can be opened; beside the text it stands open.
const wide = matchMedia("(min-width: 60rem)");
const menu = document.getElementById("menu");
const unfold = () => menu.toggleAttribute("open", wide.matches);
wide.addEventListener("change", unfold);
unfold();

for (const figure of document.querySelectorAll("figure.code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  // Pages that did not come over https, or from this machine, have no clipboard.
  if (navigator.clipboard) figure.querySelector("figcaption").append(button);
}
