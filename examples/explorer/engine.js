/**
 * The engine of the explorer: the ketasim core, compiled to WebAssembly, as one small object.
 *
 *   import { loadEngine } from "./engine.js";
 *   const engine = await loadEngine(bytes);      // an ArrayBuffer or Uint8Array of ketasim.wasm, or a WebAssembly.Module
 *
 * What it knows (plain, frozen data; the same names, units and order as in the Python package):
 *
 *   engine.version             "0.1.0", the version of the Python package built from the same sources
 *   engine.readouts            [{name, module, unit, description}]                               as ketasim.readouts()
 *   engine.parameters          [{name: "module.name", module, symbol, description, unit, value, low, high,
 *                                iiv_cv_pct, grade: "A".."E", source_key, evidence, fitted_to, note, species}]
 *                                                                                                as ketasim.parameters("human")
 *   engine.parametersOf(species)   the same for "human", "rat" or "mouse"
 *   engine.names               {species, drugs, routes, units, contexts, variants, blocks, statuses}, lists of names;
 *                              `blocks` are the targets of ketasim.block
 *
 * What it does:
 *
 *   engine.solve(scenario, times, readouts, options = {})
 *     times      hours, strictly increasing; Float64Array or array
 *     readouts   names, such as ["madrs_change", "p_mtor"]
 *     options    {rtol: 1e-6, max_steps: 100000}
 *   returns
 *     {ok,             true if the run reached its end
 *      status,         "success", "max_steps_reached", "step_too_small", "non_finite_rhs", ...
 *      message,        what happened and what to try, for a person
 *      reached_h,      the last time that was reached [h]
 *      worst_state,    "module.name" of the state that failed, "" if none did
 *      steps, rejected, evaluations, jacobians, factorisations,          counts
 *      time,           Float64Array (n,), the times asked for
 *      values,         {name: Float64Array (n,)}, NaN at times that were not reached
 *      before,         {name: number}, the value before any treatment: what a fold change is measured from
 *      stops}          Float64Array, hours at which a dose, infusion, block or session begins or ends
 *   A run that stops early is returned with ok = false. An impossible scenario is thrown as an Error that says which name
 *   and value, in which unit, and what to change; the engine stays usable. Arrays belong to the caller.
 *
 *   engine.check(scenario)     throws what solve would throw for the scenario, and solves nothing
 *
 * A scenario is plain JSON. All keys may be left out; a key that is not listed here is refused.
 *
 *   {species: "human",         "human" | "rat" | "mouse"
 *    weight_kg: 70,            70, 0.3 or 0.025 by species
 *    severity: 1,              0 healthy .. 1 untreated patient or chronically stressed animal; 1 in humans, 0 in animals
 *    baseline_severity: null,  MADRS before treatment [points], where it is known
 *    context: "none",          what the trial itself does: "none" (drug effect alone), "open_label", "saline", "midazolam",
 *                              "nasal_placebo", "oral_ad" or "masked"
 *    variant: null,            "variant_A" or "variant_C" of the circuit
 *    parameters: {},           {"module.name": value}; the hypothesis switches are parameters too, such as
 *                              {"glutamate.w_HNK": 0}
 *    doses: [],                [{drug: "ketamine", amount: 0.5, unit: "mg/kg", route: "iv",
 *                                start_h: 0, duration_h: 0.6667, interval_h: 0, additional: 0,
 *                                lag_h: 0, bioavailability: 1}]          the fields of ketasim.Dose
 *    blocks: [],               [{target: "ampa", fraction: 0.9, start_h: -0.5, duration_h: 24}]     as ketasim.block
 *    sessions: []}             [{start_h: 24, drug: "psychotherapy", amount: 1, duration_h: 6, interval_h: 0, additional: 0}]
 *                              or drug: "memory_retrieval"
 *
 * t = 0 is the first dose of ketamine, its metabolites, memantine, MK-801 or placebo.
 */

/** @returns {Promise<object>} the engine described above */
export async function loadEngine(bytes) {
  throw new Error(`not built yet: ${bytes.byteLength} bytes were given`);
}
