/**
 * A chat endpoint as server-sent events.
 */
import { ChatCompletions, ChatStream, type OpenAiClient } from "@effect-openai/client"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Schema, Stream } from "effect"

const Body = Schema.Struct({ message: Schema.NonEmptyString })

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** The text as it is received, then `done`. A failure is an event too: the status was sent before it. */
const events = (content: string): Stream.Stream<string, never, OpenAiClient.OpenAiClient> =>
  ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content }] }).pipe(
    ChatStream.text,
    Stream.map((text) => event("text", text)),
    Stream.concat(Stream.succeed(event("done", {}))),
    Stream.catchAll((error) => Stream.succeed(event("error", { type: error._tag })))
  )

export const chat = HttpRouter.empty.pipe(
  HttpRouter.post(
    "/chat",
    Effect.gen(function*() {
      const { message } = yield* HttpServerRequest.schemaBodyJson(Body)
      const context = yield* Effect.context<OpenAiClient.OpenAiClient>()
      // A caller that leaves interrupts the Stream, which closes the connection to the model.
      return HttpServerResponse.stream(
        events(message).pipe(Stream.provideContext(context), Stream.encodeText),
        { contentType: "text/event-stream", headers: { "cache-control": "no-cache" } }
      )
    }).pipe(Effect.catchTag("ParseError", () => HttpServerResponse.empty({ status: 400 })))
  )
)
