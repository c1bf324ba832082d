/**
 * A documented request as a call of the client: the contract tells which operation it is, and its path, query and body become the fields that the operation takes.
 *
 * @since 0.1.0
 */
export * as Call from "./Call.js"

/**
 * Coverage: how much of the contract scenarios and fixtures reach.
 *
 * @since 0.1.0
 */
export * as Coverage from "./Coverage.js"

/**
 * Where an response and the documentation part.
 *
 * @since 0.1.0
 */
export * as Deviation from "./Deviation.js"

/**
 * Drift: what differs between two versions of the contract, as OpenAPI documents, or between a recording and the contract, and whom each difference breaks.
 *
 * @since 0.1.0
 */
export * as Drift from "./Drift.js"

/**
 * What went over the wire: each request of a scenario with its response, and how far the response is as documented.
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
 * Where the documentation contradicts itself: each deviation of a documented example from what the same documentation states, and how the contract decides.
 *
 * @since 0.1.0
 */
export * as KnownDeviation from "./KnownDeviation.js"

/**
 * A session with a real server as fixtures: a proxy passes each exchange on as it comes, and writes it down without its secrets.
 *
 * @since 0.1.0
 */
export * as Recording from "./Recording.js"

/**
 * A report for people and for machines: text for a terminal, JSON, JUnit, and one page of HTML.
 *
 * @since 0.1.0
 */
export * as Render from "./Render.js"

/**
 * The documentation as a server: `nock` responses what the fixtures document, to what they document, and nothing else.
 *
 * @since 0.1.0
 */
export * as Replay from "./Replay.js"

/**
 * What came of a run of the suite, as data: every renderer reads this and nothing else.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.js"

/**
 * Scenarios: what a server must do, told as Effects over the client and independent of any test runner.
 *
 * @since 0.1.0
 */
export * as Scenario from "./Scenario.js"

/**
 * The suite: all scenarios, and what runs them against a target.
 *
 * @since 0.1.0
 */
export * as Suite from "./Suite.js"

/**
 * Targets: what the suite is pointed at, and what that can do.
 *
 * @since 0.1.0
 */
export * as Target from "./Target.js"

/**
 * The side door: plain HTTP to the target, with its key, for what the client refuses to send.
 *
 * @since 0.1.0
 */
export * as Wire from "./Wire.js"
