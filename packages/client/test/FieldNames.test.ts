import { Assistants, ChatStream, Extra, RunStream } from "@effect-openai/client"
import { type AssistantStream, Contract } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Client from "./utils/client.js"
import { run } from "./utils/conversation.js"
import * as Requests from "./utils/requests.js"
import * as Script from "./utils/script.js"

/** What JSON has, and an object literal can't. */
const named: object = JSON.parse("{\"__proto__\":{\"polluted\":true}}")

/** The places of objects in a value. */
const objectsIn = (value: unknown, path: ReadonlyArray<string | number> = []): Array<ReadonlyArray<string | number>> =>
  Array.isArray(value)
    ? value.flatMap((item, index) => objectsIn(item, [...path, index]))
    : typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
    ? [path, ...Object.entries(value).flatMap(([name, item]) => objectsIn(item, [...path, name]))]
    : []

/** The value with the field in the object at a place. */
const withName = (value: any, [first, ...rest]: ReadonlyArray<string | number>): any =>
  first === undefined
    ? { ...value, ...named }
    : Array.isArray(value)
    ? value.map((item, index) => index === first ? withName(item, rest) : item)
    : { ...value, [first]: withName(value[first], rest) }

/** An event as a server sends it, with fields that are not in its type. */
const received = (event: object): AssistantStream.AssistantStreamEvent => JSON.parse(JSON.stringify(event))

describe("A field named __proto__", () => {
  for (const endpoint of Contract.endpoints) {
    it.effect(`in a request of ${endpoint.name} is refused, in each object`, () =>
      Effect.gen(function*() {
        const sample = Requests.sample(endpoint)
        for (const path of objectsIn(sample)) {
          const transport = Script.make()
          const error = yield* Requests.call(endpoint, withName(sample, path)).pipe(
            Effect.flip,
            Effect.provide(Client.layer("http://fake", {}, transport.layer))
          )
          assert.strictEqual(error._tag, "InvalidRequestError")
          assert.include(error.message, "__proto__")
          assert.lengthOf(transport.requests, 0)
        }
      }))
  }

  it.effect("is sent as an extra field, and is a field of the response", () =>
    Effect.gen(function*() {
      const response = `{"id":"a","metadata":{"__proto__":"x"},"__proto__":{"polluted":true}}`
      const transport = Script.make(["POST /assistants", JSON.parse(response)])
      const assistant: object = yield* Assistants.create({ model: "m", ...Extra.fields({ a: named, ...named }) }).pipe(
        Effect.provide(Client.layer("http://fake", {}, transport.layer))
      )
      assert.strictEqual(
        JSON.stringify(transport.requests[0]!.body),
        "{\"model\":\"m\",\"a\":{\"__proto__\":{\"polluted\":true}},\"__proto__\":{\"polluted\":true}}"
      )
      assert.strictEqual(JSON.stringify(assistant), response)
      assert.strictEqual(Object.getPrototypeOf(assistant), Object.prototype)
    }))

  it("is a field of what the parts of streams add up to", () => {
    const chunk = { id: "c", choices: [{ index: 0, delta: { content: "a", ...named }, ...named }] }
    const added = ChatStream.apply(ChatStream.apply(ChatStream.empty, chunk), chunk)
    const data = { ...run("queued"), metadata: named }
    const snapshot = RunStream.apply(RunStream.empty, received({ event: "thread.run.created", data }))
    const delta = {
      event: "thread.run.step.delta",
      data: {
        id: "step",
        object: "thread.run.step.delta",
        delta: { step_details: { type: "tool_calls", tool_calls: [], ...named } }
      }
    }
    const steps = RunStream.apply(
      RunStream.apply(RunStream.empty, received({ event: "thread.run.step.created", data: { id: "step", ...named } })),
      received(delta)
    )
    for (const value of [added, snapshot, steps]) {
      assert.include(JSON.stringify(value), "\"__proto__\":{\"polluted\":true}")
      for (const path of objectsIn(value)) {
        const object = path.reduce((at: any, name) => at[name], value)
        if (!path.includes("__proto__")) assert.notProperty(object, "polluted")
      }
    }
  })
})
