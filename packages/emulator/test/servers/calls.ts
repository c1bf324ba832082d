import { ChatCompletions, ChatStream, Embeddings, Models, type OpenAiClient, Retry, Tool } from "@effect-openai/client"
import { OpenAiError } from "@effect-openai/core"
import { type Profile, Script } from "@effect-openai/emulator"
import { Cause, Effect, Exit, Schema } from "effect"
import { deepStrictEqual, ok } from "node:assert/strict"

// -----------------------------------------------------------------------------
// server
// -----------------------------------------------------------------------------

const model = "gpt-4o"
const refusal = "The prompt can't be read."
const limit = "Slow down, please."
const failure = "The server has crashed."
const cities = ["Lisbon", "Oslo"] as const

const callFor = (city: string) => ({ name: "get_weather", arguments: { city } })

/** The model behind every server. */
export const layerModel = Script.layer({
  turns: [
    { when: { message: "hello" }, replies: [{ type: "text", text: ["Hel", "lo!"] }] },
    {
      when: { message: "weather" },
      replies: [
        {
          type: "function_calls",
          calls: [callFor(cities[0]), callFor(cities[1])]
        },
        { type: "text", text: "It is warm." }
      ]
    },
    { when: { message: "nonsense" }, replies: [{ type: "error", code: "invalid_prompt", message: refusal }] },
    { when: { message: "crash" }, replies: [{ type: "error", code: "server_error", message: failure }] },
    { when: { message: "again" }, replies: [{ type: "error", code: "rate_limit_exceeded", message: limit }] }
  ]
})

// -----------------------------------------------------------------------------
// calls
// -----------------------------------------------------------------------------

/** A call of a program. Fails or throws if the program does not receive what it needs. */
export interface Call {
  readonly title: string
  /** The path of its requests, below the base URL. */
  readonly path: string
  readonly run: (server: Server) => Effect.Effect<void, unknown, OpenAiClient.OpenAiClient>
}

/** What a call can expect of a server. */
export interface Server {
  /** The paths that it serves, if not all. */
  readonly paths: ReadonlyArray<string> | undefined
  /** Whether a 429 has a message. */
  readonly explains: boolean
}

export const serverOf = ({ facts }: Profile.Profile): Server => {
  const changes = facts.flatMap((fact) => fact.changes)
  return {
    paths: changes.find((change) => change.type === "serves")?.paths,
    explains: !changes.some((change) => change.type === "error" && change.status === 429 && change.body === "")
  }
}

const request = (content: string) => ({ model, messages: [{ role: "user", content }] }) as const

const weather = Tool.make("get_weather", {
  parameters: Schema.Struct({ city: Schema.String }),
  handler: ({ city }) => Effect.succeed(`${city}: warm`)
})

/** The text of a message, whether it comes as text or in parts. */
const textOf = (content: unknown): unknown =>
  Array.isArray(content) ? content.map((part) => part.type === "text" ? part.text : "").join("") : content

const chat = (title: string, run: ReturnType<Call["run"]> | Call["run"]): Call => ({
  title,
  path: "/chat/completions",
  run: typeof run === "function" ? run : () => run
})

/** Expects an error of one of these classes, with the server's message. */
const failsWith = <A, E extends OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError, R>(
  effect: Effect.Effect<A, E, R>,
  tags: ReadonlyArray<string>,
  words: string
) =>
  Effect.matchEffect(effect, {
    onSuccess: () => Effect.die(new Error("No error")),
    onFailure: (error) => tags.includes(error._tag) && error.message.includes(words) ? Effect.void : Effect.fail(error)
  })

export const calls: ReadonlyArray<Call> = [
  chat(
    "chat",
    Effect.map(ChatCompletions.create(request("Say hello")), ({ choices: [choice], model: served }) => {
      deepStrictEqual(textOf(choice?.message.content), "Hello!")
      deepStrictEqual(choice?.finish_reason, "stop")
      deepStrictEqual(served, model)
    })
  ),
  chat(
    "chat, streamed",
    Effect.map(
      ChatStream.final(ChatCompletions.create.stream(request("Say hello"))),
      ({ choices: [choice], id, model: served }) => {
        deepStrictEqual(choice?.content, "Hello!")
        deepStrictEqual(choice?.finish_reason, "stop")
        deepStrictEqual(served, model)
        ok(id?.startsWith("chatcmpl-"), `the ID ${id}`)
      }
    )
  ),
  chat(
    "usage, streamed",
    Effect.map(
      ChatStream.final(
        ChatCompletions.create.stream({ ...request("Say hello"), stream_options: { include_usage: true } })
      ),
      ({ choices: [choice], usage }) => {
        deepStrictEqual(choice?.content, "Hello!")
        ok(usage && (usage.total_tokens ?? 0) > 0, `the usage ${JSON.stringify(usage)}`)
      }
    )
  ),
  chat(
    "tool loop",
    Effect.map(
      ChatCompletions.runTools(request("What is the weather?"), [weather]),
      ({ completion: { choices: [choice] }, messages }) => {
        deepStrictEqual(textOf(choice?.message.content), "It is warm.")
        const outputs = messages.flatMap((message) => message.role === "tool" ? [message.content] : [])
        deepStrictEqual(outputs, cities.map((city) => `${city}: warm`))
      }
    )
  ),
  chat(
    "tool calls, streamed",
    Effect.map(
      ChatStream.final(
        ChatCompletions.create.stream({ ...request("What is the weather?"), tools: [...Tool.definitions([weather])] })
      ),
      ({ choices: [choice] }) =>
        deepStrictEqual(
          choice?.tool_calls.map(({ function: { arguments: args, name } }) => [name, JSON.parse(args)]),
          cities.map((city) => ["get_weather", { city }])
        )
    )
  ),
  {
    title: "embeddings",
    path: "/embeddings",
    run: () =>
      Effect.map(
        Embeddings.create({ model: "text-embedding-3-small", input: ["a cat", "a dog"] }),
        ({ data }) => deepStrictEqual(data.map(({ embedding }) => embedding.length), [1536, 1536])
      )
  },
  {
    title: "models",
    path: "/models",
    run: () => Effect.map(Models.list(), ({ data }) => ok(data.some(({ id }) => id === model), "no known model"))
  },
  chat(
    "refusal",
    failsWith(
      ChatCompletions.create(request("nonsense")),
      ["BadRequestError", "UnprocessableEntityError"],
      refusal
    )
  ),
  chat(
    "failure",
    Effect.matchEffect(ChatCompletions.create(request("Please crash")), {
      onSuccess: () => Effect.die(new Error("No error")),
      onFailure: (error) =>
        error._tag === "InternalServerError" && /^[A-Z][^<>]*$/i.test(error.message) ? Effect.void : Effect.fail(error)
    })
  ),
  chat(
    "limit",
    ({ explains }) => failsWith(ChatCompletions.create(request("Try again")), ["RateLimitError"], explains ? limit : "")
  ),
  chat("limit, streamed", ({ explains }) =>
    failsWith(
      ChatStream.final(ChatCompletions.create.stream(request("Try again"))),
      ["RateLimitError"],
      explains ? limit : ""
    ))
]

// -----------------------------------------------------------------------------
// outcomes
// -----------------------------------------------------------------------------

/** The reason why a call fails, or undefined if it works. */
export type Outcome = string | undefined

const describe = (error: unknown): string =>
  error instanceof Error ? `${"_tag" in error ? error._tag : error.name}: ${error.message}` : String(error)

/** Runs a call. The outcome is the same in each run. */
export const outcomeOf = (
  { path, run }: Call,
  server: Server
): Effect.Effect<Outcome, never, OpenAiClient.OpenAiClient> =>
  Effect.map(Effect.exit(Retry.none(run(server))), (exit) => {
    if (Exit.isSuccess(exit)) return undefined
    const error = Cause.squash(exit.cause)
    const isServed = server.paths === undefined || server.paths.includes(path)
    if (!isServed && error instanceof OpenAiError.NotFoundError) return "not served"
    return describe(error).split("\n", 1)[0]!.replace(/127\.0\.0\.1:\d+/g, "server").slice(0, 200)
  })
