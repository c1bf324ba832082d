/**
 * A documented request as a call of the client.
 *
 * @since 0.1.0
 */
export * as Call from "./Call.js"

/**
 * Where an answer and the documentation part.
 *
 * @since 0.1.0
 */
export * as Deviation from "./Deviation.js"

/**
 * Fixtures: every example of the documentation, three ways.
 *
 * @since 0.1.0
 */
export * as Fixture from "./Fixture.js"

/**
 * The documentation as a server.
 *
 * @since 0.1.0
 */
export * as Replay from "./Replay.js"
