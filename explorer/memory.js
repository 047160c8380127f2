/** Predictions stay on this device: readable, clearable, and missed by nobody if storage is off. */

const KEY = "ketasim-explorer";

export function recall() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { said: found.said ?? {}, done: list(found.done), goals: list(found.goals) };
  } catch {
    return { said: {}, done: [], goals: [] };
  }
}

const list = (found) => (Array.isArray(found) ? found : []);

export function keep(what) {
  try {
    localStorage.setItem(KEY, JSON.stringify(what));
  } catch {
    // Private windows and some viewers of files forbid it: then it lasts as long as the page.
  }
}

export function forget() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
