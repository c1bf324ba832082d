import { ClusterWorkflowEngine, RunnerAddress, type ShardingConfig, SingleRunner } from "@effect/cluster"
import { NodeClusterSocket } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Option, Redacted } from "effect"

export type Storage = "sqlite" | "postgres"

/** Shorter than the defaults, so that a node that was killed is soon replaced. */
const soon = {
  entityMessagePollInterval: "500 millis",
  shardLockExpiration: "6 seconds",
  shardLockRefreshInterval: "2 seconds",
  runnerHealthCheckInterval: "2 seconds",
  refreshAssignmentsInterval: "500 millis",
  shardsPerGroup: 32,
  // A row can expire. An advisory lock lasts as long as its connection, also that of a process that is stopped.
  shardLockDisableAdvisory: true
} satisfies Partial<ShardingConfig.ShardingConfig["Type"]>

/** One node on SQLite, or many on PostgreSQL. */
export const engine = (storage: Storage, database: string, port: number) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provide(
      storage === "sqlite"
        ? SingleRunner.layer({ shardingConfig: soon }).pipe(
          Layer.provide(SqliteClient.layer({ filename: database })),
          Layer.orDie
        )
        : NodeClusterSocket.layer({
          storage: "sql",
          shardingConfig: { ...soon, runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)) }
        }).pipe(
          Layer.provide(PgClient.layer({ url: Redacted.make(database), maxConnections: 4 })),
          Layer.orDie
        )
    )
  ).pipe(Layer.tapErrorCause(Effect.logError))
