/**
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.js"
export * as Ids from "./Ids.js"
export * as Store from "./Store.js"
