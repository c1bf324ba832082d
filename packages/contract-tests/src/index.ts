/**
 * A documented request as a call of the client.
 *
 * @since 0.1.0
 */
export * as Call from "./Call.js"

/**
 * How much of the contract scenarios and fixtures reach.
 *
 * @since 0.1.0
 */
export * as Coverage from "./Coverage.js"

/**
 * Where an answer and the documentation part.
 *
 * @since 0.1.0
 */
export * as Deviation from "./Deviation.js"

/**
 * What differs between two versions of the contract.
 *
 * @since 0.1.0
 */
export * as Drift from "./Drift.js"

/**
 * What went over the wire, and how far it is as documented.
 *
 * @since 0.1.0
 */
export * as Exchange from "./Exchange.js"

/**
 * Fixtures: every example of the documentation, three ways.
 *
 * @since 0.1.0
 */
export * as Fixture from "./Fixture.js"

/**
 * Where the documentation contradicts itself.
 *
 * @since 0.1.0
 */
export * as Quirk from "./Quirk.js"

/**
 * A session with a real server as fixtures.
 *
 * @since 0.1.0
 */
export * as Recording from "./Recording.js"

/**
 * A report for people and for machines.
 *
 * @since 0.1.0
 */
export * as Render from "./Render.js"

/**
 * The documentation as a server.
 *
 * @since 0.1.0
 */
export * as Replay from "./Replay.js"

/**
 * What came of a run of the suite, as data.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.js"

/**
 * What a server must do, told as Effects.
 *
 * @since 0.1.0
 */
export * as Scenario from "./Scenario.js"

/**
 * All scenarios, and what runs them.
 *
 * @since 0.1.0
 */
export * as Suite from "./Suite.js"

/**
 * What the suite is pointed at, and what that can do.
 *
 * @since 0.1.0
 */
export * as Target from "./Target.js"

/**
 * Plain HTTP to the target, for what the client refuses to send.
 *
 * @since 0.1.0
 */
export * as Wire from "./Wire.js"
