// Sets the theme before the first paint. The page itself changes it later: see components/theme_switch.rs.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("flightplan.theme");
  } catch {
    // Storage can be forbidden; the system's choice is used then.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("pf-v6-theme-dark", dark);
})();
