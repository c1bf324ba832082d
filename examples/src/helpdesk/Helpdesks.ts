/**
 * The service behind the API. It stores each helpdesk as an assistant with one attached file, and maps the client's
 * errors to the two errors of this backend.
 */
import { AssistantFiles, Assistants, Files, OpenAiClient } from "@effect-openai/client"
import { type Assistants as Model, FileSource, OpenAiError } from "@effect-openai/core"
import { Duration, Effect, Stream } from "effect"
import { type CreateHelpdesk, Helpdesk, HelpdeskNotFound, HelpdeskUnavailable } from "./Api.js"

const kind = { kind: "helpdesk" }

const fromAssistant = (assistant: Model.Assistant) =>
  new Helpdesk({ id: assistant.id, name: assistant.name ?? "", documents: assistant.file_ids?.length ?? 0 })

type ClientError = OpenAiError.OpenAiError | OpenAiError.PaginationError | OpenAiError.UploadNotReplayableError

/** Retryable errors become this backend's 503. Any other error is a bug of this backend, and a defect. */
const unavailable = (error: ClientError): Effect.Effect<never, HelpdeskUnavailable> =>
  OpenAiError.isRetryable(error)
    ? new HelpdeskUnavailable({
      retryAfterSeconds: "retryAfter" in error && error.retryAfter ? Duration.toSeconds(error.retryAfter) : 30
    })
    : Effect.die(error)

const orNotFound = (id: string) => (error: ClientError): Effect.Effect<never, HelpdeskNotFound | HelpdeskUnavailable> =>
  error._tag === "NotFoundError" ? new HelpdeskNotFound({ id }) : unavailable(error)

export class Helpdesks extends Effect.Service<Helpdesks>()("Helpdesks", {
  effect: Effect.gen(function*() {
    // The client is a dependency of this service, not of its callers.
    const client = yield* OpenAiClient.OpenAiClient
    const withClient = Effect.provideService(OpenAiClient.OpenAiClient, client)

    const create = ({ handbook, name }: CreateHelpdesk) =>
      Effect.gen(function*() {
        const file = yield* Files.upload({
          file: FileSource.fromBytes("handbook.md", handbook, { type: "text/markdown" }),
          purpose: "assistants"
        })
        const assistant = yield* Assistants.create({
          model: "gpt-4-turbo",
          name,
          instructions: "Reply from the handbook. If the handbook does not cover a question, say so.",
          tools: [{ type: "retrieval" }],
          metadata: kind
        })
        yield* AssistantFiles.create({ assistant_id: assistant.id, file_id: file.id })
        return new Helpdesk({ id: assistant.id, name, documents: 1 })
      }).pipe(Effect.catchAll(unavailable), withClient)

    const list = Assistants.list.items({ limit: 100 }).pipe(
      Stream.filter((assistant) => assistant.metadata?.["kind"] === kind.kind),
      Stream.map(fromAssistant),
      Stream.runCollect,
      Effect.map((helpdesks) => Array.from(helpdesks)),
      Effect.catchAll(unavailable),
      withClient
    )

    const get = (id: string) =>
      Assistants.retrieve({ assistant_id: id }).pipe(
        Effect.map(fromAssistant),
        Effect.catchAll(orNotFound(id)),
        withClient
      )

    const remove = (id: string) =>
      Effect.gen(function*() {
        const { file_ids = [] } = yield* Assistants.retrieve({ assistant_id: id })
        yield* Assistants.delete({ assistant_id: id })
        yield* Effect.forEach(file_ids, (file_id) => Files.delete({ file_id }), { discard: true })
      }).pipe(Effect.catchAll(orNotFound(id)), withClient)

    return { create, list, get, remove }
  })
}) {}
