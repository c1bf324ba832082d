/**
 * Where executions are stored: in memory, in SQLite for one node, or in PostgreSQL for many.
 */
import { ClusterWorkflowEngine, RunnerAddress, SingleRunner } from "@effect/cluster"
import { NodeClusterSocket } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { WorkflowEngine } from "@effect/workflow"
import { Layer, Option, type Redacted } from "effect"

/** For tests. Executions end with the process. */
export const memory = WorkflowEngine.layerMemory

/** One process. A process that replaces it continues its executions. */
export const sqlite = (filename: string) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provide(SingleRunner.layer({ shardingConfig: { entityMessagePollInterval: "1 second" } })),
    Layer.provide(SqliteClient.layer({ filename }))
  )

/** Many processes, each with an address that the others reach. They take over from one that ended within 8 seconds. */
export const postgres = (url: Redacted.Redacted, port: number) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provide(
      NodeClusterSocket.layer({
        storage: "sql",
        shardingConfig: {
          runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)),
          entityMessagePollInterval: "1 second",
          refreshAssignmentsInterval: "500 millis",
          runnerHealthCheckInterval: "2 seconds",
          shardLockRefreshInterval: "2 seconds",
          shardLockExpiration: "6 seconds",
          // The lock of a process that hangs expires, too.
          shardLockDisableAdvisory: true
        }
      })
    ),
    Layer.provide(PgClient.layer({ url, maxConnections: 4 }))
  )
