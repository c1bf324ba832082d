/**
 * Over `@effect-openai/client`: a helpdesk is an assistant with one attached file. The server keeps it and searches the file.
 */
import { AssistantFiles, Assistants, Files, Messages, OpenAiClient, Runs, Threads, Tool } from "@effect-openai/client"
import { type Assistants as Model, FileSource, OpenAiError } from "@effect-openai/core"
import { Duration, Effect, Layer, Schema, Stream } from "effect"
import { Helpdesk, HelpdeskNotFound, HelpdeskUnavailable, Reply } from "./Api.js"
import { Helpdesks, instructions, Repairs } from "./Helpdesks.js"

const kind = { kind: "helpdesk" }

const fromAssistant = (assistant: Model.Assistant) =>
  new Helpdesk({ id: assistant.id, name: assistant.name ?? "", documents: assistant.file_ids?.length ?? 0 })

type ClientError =
  | OpenAiError.OpenAiError
  | OpenAiError.PaginationError
  | OpenAiError.UploadNotReplayableError
  | OpenAiError.ToolCallError

/** Retryable errors become this backend's 503. Any other error is a bug of this backend, and a defect. */
const unavailable = (error: ClientError): Effect.Effect<never, HelpdeskUnavailable> =>
  OpenAiError.isRetryable(error)
    ? new HelpdeskUnavailable({
      retryAfterSeconds: "retryAfter" in error && error.retryAfter ? Duration.toSeconds(error.retryAfter) : 30
    })
    : Effect.die(error)

const orNotFound = (id: string) => (error: ClientError): Effect.Effect<never, HelpdeskNotFound | HelpdeskUnavailable> =>
  error._tag === "NotFoundError" ? new HelpdeskNotFound({ id }) : unavailable(error)

const make = Effect.gen(function*() {
  // The client is a dependency of this service, not of its callers.
  const client = yield* OpenAiClient.OpenAiClient
  const withClient = Effect.provideService(OpenAiClient.OpenAiClient, client)
  const repairs = yield* Repairs

  const repairStatus = Tool.make("repair_status", {
    description: "How far a repair is",
    parameters: Schema.Struct({ ticket: Schema.String }),
    handler: ({ ticket }) => repairs.status(ticket)
  })

  return Helpdesks.of({
    create: ({ handbook, name }) =>
      Effect.gen(function*() {
        const file = yield* Files.upload({
          file: FileSource.fromBytes("handbook.md", handbook, { type: "text/markdown" }),
          purpose: "assistants"
        })
        const assistant = yield* Assistants.create({
          model: "gpt-4-turbo",
          name,
          instructions,
          tools: [{ type: "retrieval" }],
          metadata: kind
        })
        yield* AssistantFiles.create({ assistant_id: assistant.id, file_id: file.id })
        return new Helpdesk({ id: assistant.id, name, documents: 1 })
      }).pipe(Effect.catchAll(unavailable), withClient),

    list: Assistants.list.items({ limit: 100 }).pipe(
      Stream.filter((assistant) => assistant.metadata?.["kind"] === kind.kind),
      Stream.map(fromAssistant),
      Stream.runCollect,
      Effect.map((helpdesks) => Array.from(helpdesks)),
      Effect.catchAll(unavailable),
      withClient
    ),

    get: (id) =>
      Assistants.retrieve({ assistant_id: id }).pipe(
        Effect.map(fromAssistant),
        Effect.catchAll(orNotFound(id)),
        withClient
      ),

    remove: (id) =>
      Effect.gen(function*() {
        const { file_ids = [] } = yield* Assistants.retrieve({ assistant_id: id })
        yield* Assistants.delete({ assistant_id: id })
        yield* Effect.forEach(file_ids, (file_id) => Files.delete({ file_id }), { discard: true })
      }).pipe(Effect.catchAll(orNotFound(id)), withClient),

    ask: (id, question) =>
      Effect.gen(function*() {
        const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content: question }] })
        yield* Runs.runTools({ thread_id, assistant_id: id }, [repairStatus], {
          onError: "output",
          cancelOnFailure: true
        })
        const { data } = yield* Messages.list({ thread_id, limit: 1 })
        const texts = data.flatMap(({ content }) => content).map((part) => part.type === "text" ? part.text.value : "")
        return new Reply({ text: texts.join("") })
      }).pipe(Effect.catchAll(orNotFound(id)), withClient)
  })
})

export const layer = Layer.effect(Helpdesks, make)
