import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Effect from "effect/Effect"
import * as Call from "../../Call.js"
import * as Scenario from "../../Scenario.js"
import * as samples from "../samples/index.js"

/** Creates two objects with the same outer objects, or with different ones if these hold one object only. */
const two = (endpoint: Endpoint.Any) =>
  Effect.gen(function*() {
    const names = samples.parametersOf(endpoint)
    const last = names.at(-1)!
    const outer = yield* samples.objects(endpoint, names.slice(0, -1))
    const one = yield* samples.objects(endpoint, [last], outer)
    const other = yield* samples.objects(endpoint, [last], outer, 1)
    return one[last] === other[last] ? [one, yield* samples.objects(endpoint)] as const : [one, other] as const
  })

const retrieves = ({ method, path, success }: Endpoint.Any): boolean =>
  method === "GET" && path.endsWith("}") && success._tag === "Json"

/** Scenarios that retrieve each of two objects. */
export const retrieve: ReadonlyArray<Scenario.Scenario> = Contract.endpoints.filter(retrieves).map((endpoint) =>
  Scenario.make({
    id: `retrieve/${endpoint.name}`,
    title: `${endpoint.name} returns each of two objects as itself`,
    group: "state",
    operations: [endpoint.name],
    requires: samples.requires(endpoint),
    run: Effect.gen(function*() {
      const last = samples.parametersOf(endpoint).at(-1)!
      const operation = yield* Scenario.present(`the client has ${endpoint.name}`, Call.operationOf(endpoint))
      const [one, other] = yield* two(endpoint)
      yield* Scenario.that("two objects have two IDs", one[last] !== other[last], [one[last], other[last]])
      for (const ids of [one, other, one]) {
        const retrieved = yield* operation(ids)
        yield* Scenario.includes("the object that was asked for is retrieved", Object(retrieved), { id: ids[last] })
      }
    })
  })
)
