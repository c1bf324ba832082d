/**
 * Call: a documented request as a call of the client.
 *
 * @since 0.1.0
 */
export * as Call from "./Call.js"

/**
 * Coverage: the operations, statuses, fields, values and events that scenarios and fixtures reach.
 *
 * @since 0.1.0
 */
export * as Coverage from "./Coverage.js"

/**
 * Deviation: a difference between a response and the documentation.
 *
 * @since 0.1.0
 */
export * as Deviation from "./Deviation.js"

/**
 * Drift: the differences between two versions of the contract, as OpenAPI documents, or between a recording and the contract.
 *
 * @since 0.1.0
 */
export * as Drift from "./Drift.js"

/**
 * Exchange: a request, its response, and the deviations of the response.
 *
 * @since 0.1.0
 */
export * as Exchange from "./Exchange.js"

/**
 * Fixtures: each example of the documentation in three forms.
 *
 * @since 0.1.0
 */
export * as Fixture from "./Fixture.js"

/**
 * KnownDeviation: contradictions of the documentation with itself.
 *
 * @since 0.1.0
 */
export * as KnownDeviation from "./KnownDeviation.js"

/**
 * Recording: a proxy forwards each exchange with a real server and writes it to a fixture, without its secrets.
 *
 * @since 0.1.0
 */
export * as Recording from "./Recording.js"

/**
 * Render: a report as text, JSON, JUnit and HTML.
 *
 * @since 0.1.0
 */
export * as Render from "./Render.js"

/**
 * Replay: `nock` returns the responses of fixtures to their documented requests, and refuses every other request.
 *
 * @since 0.1.0
 */
export * as Replay from "./Replay.js"

/**
 * Report: the results of a run of the suite, as data.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.js"

/**
 * Scenario: one requirement of a server, as an Effect over the client.
 *
 * @since 0.1.0
 */
export * as Scenario from "./Scenario.js"

/**
 * Suite: all scenarios, and functions that run them against a target.
 *
 * @since 0.1.0
 */
export * as Suite from "./Suite.js"

/**
 * Target: a server that the suite tests, and its capabilities.
 *
 * @since 0.1.0
 */
export * as Target from "./Target.js"

/**
 * Wire: plain HTTP to the target, with its key, for requests that the client refuses to send.
 *
 * @since 0.1.0
 */
export * as Wire from "./Wire.js"
