/**
 * Over `openai` 7. It has no Assistants v1, so a helpdesk is a file of the server with the name of the helpdesk, and a request
 * has the complete handbook.
 */
import { Effect, Layer, Runtime } from "effect"
import OpenAI, { toFile } from "openai-7"
import { Helpdesk, HelpdeskNotFound, HelpdeskUnavailable, Reply } from "./Api.js"
import { Helpdesks, instructions, Repairs } from "./Helpdesks.js"

const prefix = "helpdesk-"
const suffix = ".md"

const fromFile = ({ filename, id }: OpenAI.FileObject) =>
  new Helpdesk({ id, name: decodeURIComponent(filename.slice(prefix.length, -suffix.length)), documents: 1 })

/**
 * As in `WithClient`, an error that is not retryable is a defect. A promise fails with anything. The SDK's errors have status
 * and headers, from which the kind and the time follow.
 */
const unavailable = (error: unknown): Effect.Effect<never, HelpdeskUnavailable> => {
  const retryable = error instanceof OpenAI.APIConnectionError ||
    error instanceof OpenAI.APIError && [408, 409, 429, 500, 502, 503, 504].includes(error.status)
  if (!retryable) return Effect.die(error)
  const seconds = Number(error.headers?.get("retry-after") ?? NaN)
  return new HelpdeskUnavailable({ retryAfterSeconds: Number.isFinite(seconds) ? seconds : 30 })
}

const orNotFound = (id: string) => (error: unknown): Effect.Effect<never, HelpdeskNotFound | HelpdeskUnavailable> =>
  error instanceof OpenAI.NotFoundError ? new HelpdeskNotFound({ id }) : unavailable(error)

const make = (openai: OpenAI) =>
  Effect.gen(function*() {
    const repairs = yield* Repairs
    const runPromise = Runtime.runPromise(yield* Effect.runtime())

    const attempt = <A, E>(
      call: (signal: AbortSignal) => Promise<A>,
      recover: (error: unknown) => Effect.Effect<never, E>
    ) => Effect.tryPromise(call).pipe(Effect.catchAll(({ error }) => recover(error)))

    return Helpdesks.of({
      create: ({ handbook, name }) =>
        attempt(async (signal) => {
          const file = await toFile(new TextEncoder().encode(handbook), prefix + encodeURIComponent(name) + suffix)
          return fromFile(await openai.files.create({ file, purpose: "assistants" }, { signal }))
        }, unavailable),

      list: attempt(async (signal) => {
        const helpdesks: Array<Helpdesk> = []
        for await (const file of openai.files.list({ purpose: "assistants" }, { signal })) {
          if (file.filename.startsWith(prefix)) helpdesks.push(fromFile(file))
        }
        return helpdesks
      }, unavailable),

      get: (id) => attempt(async (signal) => fromFile(await openai.files.retrieve(id, { signal })), orNotFound(id)),

      remove: (id) =>
        attempt(async (signal) => {
          await openai.files.delete(id, { signal })
        }, orNotFound(id)),

      ask: (id, question) =>
        attempt(async (signal) => {
          const handbook = await (await openai.files.content(id, { signal })).text()
          const runner = openai.chat.completions.runTools({
            model: "gpt-4-turbo",
            messages: [
              { role: "system", content: `${instructions}\n\n${handbook}` },
              { role: "user", content: question }
            ],
            tools: [{
              type: "function",
              function: {
                name: "repair_status",
                description: "How far a repair is",
                parameters: { type: "object", properties: { ticket: { type: "string" } }, required: ["ticket"] },
                // The arguments are not checked: the type is an assertion.
                parse: (text: string) => JSON.parse(text) as { ticket: string },
                function: ({ ticket }: { ticket: string }) => runPromise(repairs.status(ticket), { signal })
              }
            }]
          }, { signal })
          return new Reply({ text: await runner.finalContent() ?? "" })
        }, orNotFound(id))
    })
  })

export const layer = (options: ConstructorParameters<typeof OpenAI>[0]) =>
  Layer.effect(Helpdesks, Effect.suspend(() => make(new OpenAI(options))))
