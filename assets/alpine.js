// Alpine without eval, which unfold's own copy needs, with the plugins that unfold's templates use.
import Alpine from "@alpinejs/csp";
import anchor from "@alpinejs/anchor";
import persist from "@alpinejs/persist";
import resize from "@alpinejs/resize";
import sort from "@alpinejs/sort";

Alpine.plugin([anchor, persist, resize, sort]);

// This build sees no globals, so what unfold's app.js defines as such is handed to it by name.
for (const name of ["theme", "searchForm", "searchDropdown"]) {
  Alpine.data(name, (...given) => window[name](...given));
}

// unfold's own fails where no result is chosen: Enter takes the first then, and does nothing where nothing was found.
Alpine.data("searchCommand", () => {
  const command = window.searchCommand();
  return {
    ...command,
    selectItem(...given) {
      if (this.currentIndex === 0) this.nextItem();
      if (this.currentIndex > 0) command.selectItem.apply(this, given);
    },
  };
});

const SIDEBAR = "sidebarDesktopOpen";

// The state of the whole page, as unfold's skeleton keeps it.
Alpine.data("page", (tab) => ({
  activeTab: "",
  sidebarMobileOpen: false,
  sidebarDesktopOpen: (localStorage.getItem(SIDEBAR) ?? "1") === "1",
  init() {
    this.activeTab = (tab && window.getCurrentTab()) || tab || "";
    this.$watch(SIDEBAR, (open) => localStorage.setItem(SIDEBAR, open ? "1" : "0"));
  },
  get formAction() {
    const { pathname, search } = window.location;
    return pathname + search + (this.activeTab && this.activeTab !== "general" ? `#${this.activeTab}` : "");
  },
}));

window.Alpine = Alpine;
Alpine.start();
