// A separate file: undici is imported before the first fetch, and therefore replaces its dispatcher.
import "@effect/platform-node/NodeHttpClient"
import { FetchHttpClient } from "@effect/platform"
import { Effect } from "effect"
import { behaviours } from "./behaviours/index.js"
import * as Behaviour from "./utils/behaviour.js"

/** The behaviours that depend on how requests are sent and connections are closed. */
const sent = behaviours.filter(({ number }) => [4, 6, 7, 8, 14, 16, 22, 23].includes(number))

Behaviour.suite({ name: "Behaviours: Fetch next to Undici", layer: Effect.succeed(FetchHttpClient.layer) }, sent)
