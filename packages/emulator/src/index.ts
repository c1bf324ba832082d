/**
 * The API served for real: every operation of the contract, with state, in-process or over HTTP.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.js"

/**
 * Failures on demand, for programs that must survive them: slow answers, refusals, errors, broken connections, streams that break off or fall silent, bodies that are no JSON.
 *
 * @since 0.1.0
 */
export * as Faults from "./Faults.js"

/**
 * Where the identifiers of objects and requests come from.
 *
 * @since 0.1.0
 */
export * as Ids from "./Ids.js"

/**
 * What answers in the emulator: a model takes a prompt and gives a reply.
 *
 * @since 0.1.0
 */
export * as Model from "./Model.js"

/**
 * Known servers that implement the API, each with its deviations from the documentation.
 *
 * @since 0.1.0
 */
export * as Profile from "./Profile.js"

/**
 * A model that answers as a script says: replies by turn, parallel and malformed calls of functions, delays, failures and cut answers, as data that fits into a file.
 *
 * @since 0.1.0
 */
export * as Script from "./Script.js"

/**
 * What the emulator remembers: documents by collection, and the bytes of files.
 *
 * @since 0.1.0
 */
export * as Store from "./Store.js"
