import { AzureOpenAi, FetchHttpClient, OpenAiClient } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { Emulator, Ids, Profile } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import type { HttpClient, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { calls, layerModel, type Outcome, outcomeOf, serverOf } from "./servers/calls.js"
import * as Report from "./servers/report.js"
import { apiKey } from "./utils.js"

const transports = { FetchHttpClient: FetchHttpClient.layer, UndiciHttpClient: UndiciHttpClient.layer }

const names = Object.keys(Profile.profiles) as ReadonlyArray<Profile.Name>

const layerServer = (profile: Profile.Profile): Layer.Layer<HttpServer.HttpServer> =>
  Layer.provideMerge(
    Emulator.layerHttp({
      profile,
      model: layerModel,
      ids: Ids.layerSeeded("servers"),
      clock: Emulator.clockAt("2024-04-15T00:00:00Z")
    }),
    Layer.orDie(NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 }))
  )

const layerClient = (name: Profile.Name, transport: Layer.Layer<HttpClient.HttpClient>) =>
  Layer.unwrapEffect(
    Effect.map(Emulator.baseUrl, (baseUrl) =>
      name === "azure"
        ? AzureOpenAi.layer({
          apiKey: Redacted.make(apiKey),
          apiVersion: "2024-10-21",
          endpoint: baseUrl.replace(/\/v1$/, "")
        })
        : OpenAiClient.layer({ apiKey: Redacted.make(apiKey), baseUrl }))
  ).pipe(Layer.orDie, Layer.provide(transport))

describe("Servers", () => {
  const results: Array<Report.Result> = []

  for (const name of names) {
    const profile: Profile.Profile = Profile.profiles[name]
    it.effect(`calls ${profile.title} over each transport`, () =>
      Effect.gen(function*() {
        const outcomes = new Map<string, ReadonlyArray<Outcome>>()
        for (const [transport, layer] of Object.entries(transports)) {
          const found = yield* Effect.forEach(calls, (call) => outcomeOf(call, serverOf(profile))).pipe(
            Effect.provide(layerClient(name, layer))
          )
          outcomes.set(transport, found)
        }
        results.push({ name, profile, outcomes })
      }).pipe(Effect.provide(layerServer(profile))))
  }

  // Written by `npm run servers`.
  it("SERVERS.md lists these outcomes", async () => {
    await expect(Report.render(calls, results)).toMatchFileSnapshot("../../client/SERVERS.md")
  })
})
