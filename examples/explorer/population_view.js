import { element } from "./dom.js";
export class PopulationView {
  constructor() { this.root = element("div"); }
  bands() { return null; }
  ask() {}
}
