// Repairs of what the theme leaves wrong for a screen reader (found by axe-core).
const repair = () => {
  // a visible label and a different spoken one: the visible one is enough
  for (const named of document.querySelectorAll(
    ".search-button-field, details.hide > summary",
  )) {
    named.removeAttribute("aria-label");
  }
  // the logo lies outside every landmark
  const brand = document.querySelector(".sidebar-primary-item:has(.navbar-brand)");
  if (brand) {
    brand.setAttribute("role", "region");
    brand.setAttribute("aria-label", "Book title");
  }
  // the bibliography has a role that is deprecated, in a list of another kind
  for (const entry of document.querySelectorAll(".citation-list, .citation")) {
    entry.removeAttribute("role");
  }
  // the button of the colour mode has a name; its icons need none
  for (const icon of document.querySelectorAll(".theme-switch-button > *")) {
    for (const name of ["title", "role", "aria-labelledby"]) {
      icon.removeAttribute(name);
    }
    icon.setAttribute("aria-hidden", "true");
    icon.querySelector("title")?.remove();
  }
};
document.addEventListener("DOMContentLoaded", repair);
// icons are swapped from <i> to <svg> in between
window.addEventListener("load", repair);
