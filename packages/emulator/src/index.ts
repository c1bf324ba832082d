/**
 * A server of the API: every operation of the contract, with state, in process or over HTTP.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.js"

/**
 * Failures on demand, for programs that must survive them: slow responses, refusals, errors, broken connections, streams that end early or stall, bodies that are not JSON.
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
 * The model of the emulator: it takes a prompt and returns a reply.
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
 * A model that replies as a script says: replies by turn, parallel and malformed calls of functions, delays, failures and cut texts, as data for a file of JSON.
 *
 * @since 0.1.0
 */
export * as Script from "./Script.js"

/**
 * State of the emulator that is not documents, where all processes that use a store share it.
 *
 * @since 0.1.0
 */
export * as SharedState from "./SharedState.js"

/**
 * The store of the emulator: documents by collection, and the bytes of files.
 *
 * @since 0.1.0
 */
export * as Store from "./Store.js"
