import * as Emulator from "@effect-openai/emulator/Emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWorkerRunner from "@effect/platform-node/NodeWorkerRunner"
import * as WorkerRunner from "@effect/platform/WorkerRunner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Emulated from "../emulated.js"
import * as ManualClock from "../manualClock.js"
import { Requests } from "./emulatorRequests.js"

// The process of the emulator.

// A signal to all processes of a terminal must not end it: the suite ends it, after its scenarios have deleted what they
// created.
process.on("SIGINT", () => {})
process.on("disconnect", () => process.exit())

const Emulating = Layer.unwrapEffect(Effect.map(ManualClock.make, (clock) =>
  WorkerRunner.layerSerialized(Requests, {
    BaseUrl: () => Emulator.baseUrl,
    Advance: ({ duration }) => clock.advance(duration)
  }).pipe(
    Layer.provide(Emulator.layerHttp(Emulated.settings(clock))),
    Layer.provide(NodeServer.layer({ host: "127.0.0.1", port: 0 }))
  )))

NodeRuntime.runMain(
  Effect.withTracerEnabled(WorkerRunner.launch(Layer.provide(Emulating, NodeWorkerRunner.layer)), false)
)
