/** A server in its own process, and its client. */
import { OpenAiClient, Retry } from "@effect-openai/client"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { Context, Data, Deferred, Effect, Exit, Layer, Redacted } from "effect"
import { build } from "esbuild"
import { fork } from "node:child_process"
import { rmSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import type { FromServer, ServerOptions, ToServer } from "./messages.js"

class ServerError extends Data.TaggedError("ServerError")<{ readonly message: string }> {}

interface Program {
  readonly file: string
  readonly execArgv: ReadonlyArray<string>
}

const source: Program = {
  file: fileURLToPath(new URL("./server.ts", import.meta.url)),
  execArgv: ["--import", createRequire(import.meta.url).resolve("tsx")]
}

let bundles = 0

/** The server as one file. It starts in half the time, and stays the same while its source changes. */
export const bundled = Effect.acquireRelease(
  Effect.promise(async (): Promise<Program> => {
    // In the package, whose dependencies the bundle imports.
    const folder = fileURLToPath(new URL("../../node_modules/.cache/kill", import.meta.url))
    const file = `${folder}/server-${process.pid}-${bundles++}.mjs`
    await build({
      entryPoints: [source.file],
      outfile: file,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      external: ["effect", "@effect/*"],
      logLevel: "warning"
    })
    return { file, execArgv: [] }
  }),
  ({ file }) => Effect.sync(() => rmSync(file))
)

/**
 * A server in its own process. `kill` is `kill -9`; closing the scope does the same. `receive` receives the further messages
 * of the server.
 */
export const startServer = (
  options: ServerOptions,
  receive: (message: FromServer) => void = () => {},
  { execArgv, file }: Program = source
) =>
  Effect.gen(function*() {
    const baseUrl = yield* Deferred.make<string, ServerError>()
    const exited = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(file, [JSON.stringify(options)], { execArgv: [...execArgv] })),
      (child) =>
        Effect.suspend(() => {
          child.kill("SIGKILL")
          return Deferred.await(exited)
        })
    )
    child.on("message", (message: FromServer) => {
      if (message._tag === "Started") Deferred.unsafeDone(baseUrl, Exit.succeed(message.baseUrl))
      receive(message)
    })
    child.on("exit", (code, signal) => {
      Deferred.unsafeDone(baseUrl, Exit.fail(new ServerError({ message: `The server ended by ${signal ?? code}.` })))
      Deferred.unsafeDone(exited, Exit.void)
    })
    const signal = (name: NodeJS.Signals) => Effect.sync(() => child.kill(name))
    return {
      baseUrl: Deferred.await(baseUrl),
      pid: child.pid!,
      /** Sets its wall clock: so many milliseconds after the right time. */
      setClock: (shift: number) => Effect.sync(() => child.send({ shift } satisfies ToServer)),
      stop: signal("SIGSTOP"),
      continue: signal("SIGCONT"),
      /** Stops it for a while, by SIGSTOP. */
      stopFor: (millis: number) =>
        Effect.acquireUseRelease(signal("SIGSTOP"), () => Effect.sleep(millis), () => signal("SIGCONT")),
      /** Asks it to end, by SIGTERM. */
      terminate: signal("SIGTERM"),
      exited: Deferred.await(exited),
      kill: Effect.zipRight(signal("SIGKILL"), Deferred.await(exited))
    }
  })

export type Server = Effect.Effect.Success<ReturnType<typeof startServer>>

interface Timeouts {
  readonly timeout: number
  readonly idleTimeout: number
}

const makeClient = (baseUrl: string, http: Layer.Layer<HttpClient.HttpClient>, timeouts?: Timeouts) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-kill"), baseUrl, ...timeouts }).pipe(
    Layer.provide([http, Retry.layer({ times: 0 })])
  )

export const clientOf = (baseUrl: string, timeouts?: Timeouts) => makeClient(baseUrl, FetchHttpClient.layer, timeouts)

/** A client whose requests each go to the server that `choose` returns, as behind a balancer. */
export const balancedClient = (choose: () => string, timeouts?: Timeouts) => {
  const origin = "http://balancer"
  const http = Layer.map(FetchHttpClient.layer, (context) =>
    Context.make(
      HttpClient.HttpClient,
      HttpClient.mapRequest(Context.get(context, HttpClient.HttpClient), (request) =>
        HttpClientRequest.setUrl(request, request.url.replace(origin, choose())))
    ))
  return makeClient(origin, http, timeouts)
}
