import { OpenAiClient } from "@effect-openai/client"
import {
  ClusterWorkflowEngine,
  MessageStorage,
  RunnerHealth,
  Runners,
  RunnerStorage,
  Sharding,
  ShardingConfig,
  Snowflake
} from "@effect/cluster"
import { HttpClient } from "@effect/platform"
import type { WorkflowEngine } from "@effect/workflow"
import { Context, Data, Deferred, Effect, Equal, FiberId, Layer, Option, Redacted } from "effect"
import { currentActivity } from "../activity.js"

// A process that can die: an engine, a client and tools over a storage and a server that outlive it. It dies at a point: a
// request that is about to be sent, one whose response is lost, a write to the storage before or after it is made, a tool
// before or after its effect. From then on nothing in it continues, and nothing that it still tries has an effect.

export interface Point {
  /** The activity that it is in. */
  readonly activity: string
  readonly what: string
  /** How many points before it are the same. */
  readonly repeats: number
}

/** A point, or its number from 1. Calls at the same time reach their points in any order, so only a point is exact. */
export type DiesAt = Point | number

export class Process {
  readonly points: Array<Point> = []
  private readonly end = Deferred.unsafeMake<void>(FiberId.none)
  readonly died = Deferred.unsafeMake<Point>(FiberId.none)
  private isDead = false

  constructor(readonly diesAt: DiesAt | undefined) {}

  private isEnd(point: Point): boolean {
    return typeof this.diesAt === "number" ? this.points.length === this.diesAt : Equal.equals(point, this.diesAt)
  }

  /** Lets what hangs end, so that the engine can be closed. */
  readonly bury = Effect.suspend(() => {
    this.isDead = true
    return Deferred.succeed(this.end, undefined)
  })

  private readonly hang = Effect.suspend(() => Deferred.await(this.end))

  at(what: string): Effect.Effect<void> {
    return Effect.flatMap(currentActivity, (activity) =>
      Effect.suspend(() => {
        if (this.isDead) return this.hang
        const repeats = this.points.filter((point) => point.activity === activity && point.what === what).length
        const point = Data.struct({ activity, what, repeats })
        this.points.push(point)
        if (!this.isEnd(point)) return Effect.void
        this.isDead = true
        return Effect.zipRight(Deferred.succeed(this.died, point), this.hang)
      }))
  }

  /** Does something that has an effect outside of the process. */
  around<A, E, R>(what: string, self: Effect.Effect<A, E, R>, none: A): Effect.Effect<A, E, R> {
    return this.at(`before ${what}`).pipe(
      Effect.zipRight(Effect.suspend(() => this.isDead ? Effect.succeed(none) : self)),
      Effect.zipLeft(this.at(`after ${what}`))
    )
  }

  /** Reads. */
  alive<A, E, R>(self: Effect.Effect<A, E, R>, none: A): Effect.Effect<A, E, R> {
    return Effect.suspend(() => this.isDead ? Effect.as(this.hang, none) : self)
  }
}

const storageOf = (process: Process, { encoded }: MessageStorage.MemoryDriver): MessageStorage.Encoded => ({
  saveEnvelope: (options) =>
    process.around(
      `saveEnvelope`,
      encoded.saveEnvelope(options),
      MessageStorage.SaveResultEncoded.Success()
    ),
  saveReply: (reply) => process.around(`saveReply`, encoded.saveReply(reply), undefined),
  clearReplies: (id) => process.alive(encoded.clearReplies(id), undefined),
  requestIdForPrimaryKey: (key) => process.alive(encoded.requestIdForPrimaryKey(key), Option.none()),
  repliesFor: (ids) => process.alive(encoded.repliesFor(ids), []),
  repliesForUnfiltered: (ids) => process.alive(encoded.repliesForUnfiltered(ids), []),
  unprocessedMessages: (ids, now) => process.alive(encoded.unprocessedMessages(ids, now), []),
  unprocessedMessagesById: (ids, now) => process.alive(encoded.unprocessedMessagesById(ids, now), []),
  resetAddress: (address) => process.alive(encoded.resetAddress(address), undefined),
  clearAddress: (address) => process.alive(encoded.clearAddress(address), undefined),
  resetShards: (ids) => process.alive(encoded.resetShards(ids), undefined)
})

/** The transport of a process to a server that outlives it. */
const transportOf = (process: Process, server: HttpClient.HttpClient) =>
  HttpClient.transform(server, (effect, { method, url }) => {
    const what = `${method} ${new URL(url).pathname.replaceAll(/\/[a-z]+_[A-Za-z0-9]{8,}/g, "/…")}`
    return process.at(`before ${what}`).pipe(Effect.zipRight(effect), Effect.zipLeft(process.at(`after ${what}`)))
  })

/** The engine and the client of a process. */
export const layer = (
  process: Process,
  driver: MessageStorage.MemoryDriver,
  server: HttpClient.HttpClient
): Layer.Layer<WorkflowEngine.WorkflowEngine | OpenAiClient.OpenAiClient> =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provide(Sharding.layer),
    Layer.provide(Runners.layerNoop),
    Layer.provide(
      Layer.effect(MessageStorage.MessageStorage, MessageStorage.makeEncoded(storageOf(process, driver))).pipe(
        Layer.provide(Snowflake.layerGenerator)
      )
    ),
    Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(ShardingConfig.layer({
      shardsPerGroup: 1,
      entityMessagePollInterval: "1 second",
      entityTerminationTimeout: "1 second"
    })),
    Layer.merge(
      OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, transportOf(process, server))),
        Layer.orDie
      )
    )
  )

/** What outlives processes. */
export const makeDriver: Effect.Effect<MessageStorage.MemoryDriver> = Effect.scoped(
  Effect.map(Layer.build(MessageStorage.MemoryDriver.Default), Context.get(MessageStorage.MemoryDriver))
)
