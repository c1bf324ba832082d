import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Call from "../Call.js"
import * as Fixture from "../Fixture.js"
import * as Replay from "../Replay.js"
import * as Scenario from "../Scenario.js"

/** The value that the client returns for a fixture's response. */
const valueOf = (fixture: Fixture.Fixture, { endpoint }: Call.Call): unknown => {
  const { body } = Fixture.answer(fixture)
  if ("json" in body) return body.json
  return "events" in body
    ? body.events.map((event) => endpoint.events?.named === true ? event : event.data)
    : Fixture.bytes(body)
}

/** A fixture as a scenario of a replay target. */
export const scenario = (fixture: Fixture.Fixture): Scenario.Scenario => {
  const { body } = Fixture.answer(fixture)
  return Scenario.make({
    id: `documented/${fixture.name}`,
    title: `${fixture.title}, is sent and decoded as documented`,
    group: "events" in body ? "streams" : "happy",
    operations: [fixture.operationId],
    requires: ["documented"],
    // Fixtures may have the same request, and its responses have an order.
    sequential: true,
    known: fixture.verdict.deviations,
    run: Effect.gen(function*() {
      const call = yield* Call.make(fixture)
      const response = yield* call.run
      yield* Scenario.equal("the client returns the documented response", response, valueOf(fixture, call))
      const replay = yield* Effect.serviceOption(Replay.Replay)
      if (Option.isNone(replay)) {
        return yield* new Scenario.NotApplicable({ because: "the target does not replay fixtures" })
      }
      yield* Effect.mapError(
        replay.value.verifyOne(fixture),
        ({ message }) => new Scenario.ScenarioFailure({ expectation: "the request is as documented", message })
      )
    })
  })
}
