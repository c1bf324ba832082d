/** Effect's own `HttpApi` with the Schemas of the contract, which sends given objects. */
import * as Assistants from "@effect-openai/core/Assistants"
import * as Runs from "@effect-openai/core/Runs"
import * as Tolerant from "@effect-openai/core/Tolerant"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { PartName, Responses } from "./parts.js"

const path = Schema.Struct({ assistant_id: Schema.String })

const query = Schema.Struct({ limit: Schema.optional(Schema.NumberFromString) })

const group = HttpApiGroup.make("Assistants")
  .add(
    HttpApiEndpoint.get("retrieve", "/v1/assistants/:assistant_id").setPath(path)
      .addSuccess(Tolerant.exact(Assistants.retrieve.success.schema))
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/assistants").setUrlParams(query)
      .addSuccess(Tolerant.exact(Assistants.list.success.schema))
  )
  .add(
    HttpApiEndpoint.post("create", "/v1/assistants").setPayload(Assistants.create.body.schema)
      .addSuccess(Tolerant.exact(Assistants.create.success.schema))
  )
  .add(
    HttpApiEndpoint.del("delete", "/v1/assistants/:assistant_id").setPath(path)
      .addSuccess(Tolerant.exact(Assistants.delete.success.schema))
  )
  .add(
    HttpApiEndpoint.post("stream", "/v1/threads/runs").setPayload(Runs.createThreadAndRun.body.schema)
      .addSuccess(Schema.String)
  )

const api = HttpApi.make("Load").add(group)

export const layer = (responses: () => Responses) => {
  const bodies = new Map<PartName, any>()
  const send = (part: PartName) =>
    Effect.sync(() => {
      if (!bodies.has(part)) bodies.set(part, JSON.parse(responses()[part].body))
      return bodies.get(part)
    })
  const encoder = new TextEncoder()
  const handlers = HttpApiBuilder.group(api, "Assistants", (handlers) =>
    handlers
      .handle("retrieve", () => send("retrieve"))
      .handle("list", () => send("list"))
      .handle("create", () => send("create"))
      .handle("delete", () => send("delete"))
      .handle("stream", () =>
        Effect.sync(() => {
          const events = responses().stream.body.split(/(?<=\n\n)/).map((event) => encoder.encode(event))
          return HttpServerResponse.stream(
            // A chunk for each event.
            Stream.rechunk(Stream.fromIterable(events), 1),
            { contentType: "text/event-stream" }
          )
        })))
  return HttpApiBuilder.serve().pipe(Layer.provide(HttpApiBuilder.api(api)), Layer.provide(handlers))
}
