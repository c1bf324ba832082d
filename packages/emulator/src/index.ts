/**
 * The API served for real: every operation of the contract, with state, in-process or over HTTP.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.js"

/**
 * Failures on demand.
 *
 * @since 0.1.0
 */
export * as Faults from "./Faults.js"

/**
 * Where identifiers come from.
 *
 * @since 0.1.0
 */
export * as Ids from "./Ids.js"

/**
 * What answers in the place of a language model.
 *
 * @since 0.1.0
 */
export * as Model from "./Model.js"

/**
 * A model that answers as a script says.
 *
 * @since 0.1.0
 */
export * as Script from "./Script.js"

/**
 * What the emulator keeps.
 *
 * @since 0.1.0
 */
export * as Store from "./Store.js"
