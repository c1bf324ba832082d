import {
  AuditLogs,
  Invites,
  type OpenAiClient,
  ProjectApiKeys,
  ProjectRateLimits,
  Projects,
  ProjectServiceAccounts,
  ProjectUsers,
  Usage,
  Users
} from "@effect-openai/client"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"
import * as Wire from "../../Wire.js"
import * as given from "./organization.js"

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** Checks that pages of two hold the same objects as one page, each once. */
const pages = (
  what: string,
  items: (query: { readonly limit: number }) => Stream.Stream<{ readonly id: string }, Scenario.Failure, any>,
  created: ReadonlyArray<string>
) =>
  Effect.gen(function*() {
    const ids = (limit: number) => Effect.map(collect(items({ limit })), (all) => all.map(({ id }) => id))
    const large = yield* ids(100)
    yield* Scenario.equal(`pages of two hold the same ${what} as one page, in the same order`, yield* ids(2), large)
    yield* Scenario.equal(
      `the list holds the new ${what}, the newest first`,
      large.filter((id) => created.includes(id)),
      [...created].reverse()
    )
  })

const names = ["one", "two", "three"]

const usageKinds = [
  Usage.completions,
  Usage.embeddings,
  Usage.moderations,
  Usage.images,
  Usage.audioSpeeches,
  Usage.audioTranscriptions,
  Usage.vectorStores,
  Usage.codeInterpreterSessions
] as const

export const administration: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "administration/invites",
    title: "an invite is listed until it is deleted",
    group: "state",
    operations: ["list-invites", "inviteUser", "retrieve-invite", "delete-invite"],
    requires: ["stateful"],
    sequential: true,
    run: Effect.gen(function*() {
      const created = yield* Effect.forEach(names, (name) => given.invite(`${name}@example.com`))
      yield* pages("invites", Invites.list.items, created.map(({ id }) => id))
      const [{ id: invite_id, ...first }] = created as [typeof created[number]]
      yield* Scenario.includes("a new invite is pending", first, { email: "one@example.com", status: "pending" })
      yield* Scenario.includes("the invite is deleted", yield* Invites.delete({ invite_id }), {
        id: invite_id,
        deleted: true
      })
      yield* Scenario.refused("a deleted invite is not found", "NotFoundError", Invites.retrieve({ invite_id }))
    })
  }),
  Scenario.make({
    id: "administration/users",
    title: "a user's role changes, and a removed user is not listed",
    group: "state",
    operations: ["list-users", "retrieve-user", "modify-user", "delete-user"],
    requires: ["stateful", "errors"],
    sequential: true,
    run: Effect.gen(function*() {
      yield* pages("users", Users.list.items, [])
      const { id: user_id } = yield* given.reader(2)
      const owner = yield* Users.modify({ user_id, role: "owner" })
      yield* Scenario.equal("the user is an owner", owner.role, "owner")
      yield* Scenario.equal("the role is kept", (yield* Users.retrieve({ user_id })).role, "owner")
      yield* Users.modify({ user_id, role: "reader" })
      yield* Scenario.includes("the user is removed", yield* Users.delete({ user_id }), { id: user_id, deleted: true })
      const left = yield* collect(Users.list.items({ limit: 100 }))
      yield* Scenario.that("the list lacks the user", left.every(({ id }) => id !== user_id), left)
      const owners = left.filter(({ role }) => role === "owner")
      if (owners.length === 1) {
        yield* Wire.refused(400, { method: "DELETE", path: `/organization/users/${owners[0]!.id}` })
      }
    })
  }),
  Scenario.make({
    id: "administration/projects",
    title: "an archived project can't be changed, and is listed only on request",
    group: "state",
    operations: ["list-projects", "create-project", "retrieve-project", "modify-project", "archive-project"],
    requires: ["stateful", "errors"],
    sequential: true,
    run: Effect.gen(function*() {
      const created = yield* Effect.forEach(names, given.project)
      yield* pages("projects", Projects.list.items, created.map(({ id }) => id))
      const [{ id: project_id }] = created as [typeof created[number]]
      yield* Scenario.equal(
        "the name changes",
        (yield* Projects.modify({ project_id, name: "renamed" })).name,
        "renamed"
      )
      const archived = yield* Projects.archive({ project_id })
      yield* Scenario.that(
        "the project is archived, with the time",
        archived.status === "archived" && typeof archived.archived_at === "number",
        archived
      )
      const listed = (include_archived: boolean) =>
        Effect.map(
          collect(Projects.list.items({ limit: 100, include_archived })),
          (all) => all.some(({ id }) => id === project_id)
        )
      yield* Scenario.equal(
        "the list has the project only with include_archived",
        [yield* listed(false), yield* listed(true)],
        [false, true]
      )
      yield* Scenario.equal("it is retrieved", (yield* Projects.retrieve({ project_id })).name, "renamed")
      for (
        const [method, path, json] of [
          ["POST", "", { name: "again" }],
          ["GET", "/users", undefined],
          ["GET", "/service_accounts", undefined],
          ["POST", "/service_accounts", { name: "late" }],
          ["GET", "/api_keys", undefined]
        ] as const
      ) {
        yield* Wire.refused(400, { method, path: `/organization/projects/${project_id}${path}`, json })
      }
    })
  }),
  Scenario.make({
    id: "administration/members",
    title: "a user joins and leaves a project",
    group: "state",
    operations: [
      "list-project-users",
      "create-project-user",
      "retrieve-project-user",
      "modify-project-user",
      "delete-project-user"
    ],
    requires: ["stateful", "errors"],
    run: Effect.gen(function*() {
      const { id: project_id } = yield* given.project()
      const users = [yield* given.reader(0), yield* given.reader(1)]
      for (const { id: user_id } of users) yield* ProjectUsers.create({ project_id, user_id, role: "member" })
      yield* pages("members", (query) => ProjectUsers.list.items({ project_id, ...query }), users.map(({ id }) => id))
      const user_id = users[0]!.id
      yield* Wire.refused(400, {
        method: "POST",
        path: `/organization/projects/${project_id}/users`,
        json: { user_id, role: "member" }
      })
      yield* Scenario.equal(
        "the role changes",
        (yield* ProjectUsers.modify({ project_id, user_id, role: "owner" })).role,
        "owner"
      )
      yield* Scenario.includes("the user leaves", yield* ProjectUsers.delete({ project_id, user_id }), { id: user_id })
      yield* Scenario.refused(
        "the user is not a member any more",
        "NotFoundError",
        ProjectUsers.retrieve({ project_id, user_id })
      )
    })
  }),
  Scenario.make({
    id: "administration/keys",
    title: "the key of a service account is returned once, and is deleted with it",
    group: "state",
    operations: [
      "list-project-service-accounts",
      "create-project-service-account",
      "retrieve-project-service-account",
      "delete-project-service-account",
      "list-project-api-keys",
      "retrieve-project-api-key",
      "delete-project-api-key"
    ],
    requires: ["stateful", "errors"],
    run: Effect.gen(function*() {
      const { id: project_id } = yield* given.project()
      const accounts = yield* Effect.forEach(names, (name) => given.serviceAccount(project_id, name))
      const keys = accounts.map(({ api_key }) => api_key.id!)
      yield* pages(
        "service accounts",
        (query) => ProjectServiceAccounts.list.items({ project_id, ...query }),
        accounts.map(({ id }) => id)
      )
      yield* pages("keys", (query) => ProjectApiKeys.list.items({ project_id, ...query }), keys)
      const [{ api_key: { value }, id: service_account_id }] = accounts as [typeof accounts[number]]
      const key = yield* ProjectApiKeys.retrieve({ project_id, key_id: keys[0]! })
      yield* Scenario.includes("the key's owner is the service account", key.owner ?? {}, { type: "service_account" })
      const account = yield* ProjectServiceAccounts.retrieve({ project_id, service_account_id })
      yield* Scenario.that(
        "no other response has the key",
        [key, account].every((response) => !JSON.stringify(response).includes(value)),
        [key, account]
      )
      const path = `/organization/projects/${project_id}/api_keys/${keys[0]}`
      yield* Wire.refused(400, { method: "DELETE", path })
      yield* ProjectServiceAccounts.delete({ project_id, service_account_id })
      yield* Wire.refused(404, { method: "GET", path })
    })
  }),
  Scenario.make({
    id: "administration/limits",
    title: "a modified rate limit is kept, in pages in both directions",
    group: "state",
    operations: ["list-project-rate-limits", "update-project-rate-limits"],
    requires: ["stateful", "errors"],
    run: Effect.gen(function*() {
      const { id: project_id } = yield* given.project()
      const { data } = yield* ProjectRateLimits.list({ project_id })
      const ids = data.map(({ id }) => id)
      const items = (query: object) =>
        Effect.map(
          collect(ProjectRateLimits.list.items({ project_id, ...query })),
          (all) => all.map(({ id }) => id)
        )
      yield* Scenario.equal("pages of two hold every limit once", yield* items({ limit: 2 }), ids)
      yield* Scenario.equal(
        "pages before the last limit hold the others",
        yield* items({ limit: 2, before: ids.at(-1) }),
        ids.slice(0, -1).reverse()
      )
      const [{ id: rate_limit_id }] = data as [typeof data[number]]
      yield* ProjectRateLimits.modify({ project_id, rate_limit_id, max_requests_per_1_minute: 7 })
      const { data: [modified] } = yield* ProjectRateLimits.list({ project_id, limit: 1 })
      yield* Scenario.equal("the limit is kept", modified?.max_requests_per_1_minute, 7)
    })
  }),
  Scenario.make({
    id: "administration/auditLogs",
    title: "changes are in the audit log, found by what they changed",
    group: "state",
    operations: ["list-audit-logs", "create-project", "archive-project"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const { id, name } = yield* given.project("audited")
      yield* Projects.archive({ project_id: id })
      const found = yield* collect(AuditLogs.list.items({ resource_ids: [id], limit: 1 }))
      yield* Scenario.equal(
        "the log has both changes of the project, the newest first",
        found.map((entry) => entry.type),
        ["project.archived", "project.created"]
      )
      yield* Scenario.includes("an entry names its project", found[1]!, { project: { id, name } })
      const types = yield* collect(AuditLogs.list.items({ project_ids: [id], event_types: ["project.created"] }))
      yield* Scenario.equal("entries are filtered by type", types.map((entry) => entry.type), ["project.created"])
    })
  }),
  Scenario.make({
    id: "administration/usage",
    title: "usage and costs have buckets without gaps, in pages of any size",
    group: "state",
    operations: [
      "usage-completions",
      "usage-embeddings",
      "usage-moderations",
      "usage-images",
      "usage-audio-speeches",
      "usage-audio-transcriptions",
      "usage-vector-stores",
      "usage-code-interpreter-sessions",
      "usage-costs"
    ],
    run: Effect.gen(function*() {
      const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const end_time = now - now % 3600
      const start_time = end_time - 3 * 3600 - 60
      for (const kind of usageKinds) {
        // Each kind has its own results. The times are the same.
        const items = kind.items as (
          query: object
        ) => Stream.Stream<Usage.Bucket<object>, Scenario.Failure, OpenAiClient.OpenAiClient>
        const times = (limit: number) =>
          Effect.map(
            collect(items({ start_time, end_time, bucket_width: "1h", limit })),
            (buckets) => buckets.map(({ end_time, start_time }) => [start_time, end_time])
          )
        const hours = [
          [start_time, start_time + 60],
          ...[3, 2, 1].map((hours) => [
            end_time - hours * 3600,
            end_time - (hours - 1) * 3600
          ])
        ]
        yield* Scenario.equal("the first bucket begins at the start, the others at an hour", yield* times(24), hours)
        yield* Scenario.equal("pages of one hold the same buckets", yield* times(1), hours)
      }
      const day = 86_400
      const costs = yield* collect(Usage.costs.items({ start_time: end_time - day, end_time, limit: 1 }))
      yield* Scenario.that(
        "buckets of costs are entire days",
        costs.length >= 1 &&
          costs.every((bucket) => bucket.start_time % day === 0 && bucket.end_time === bucket.start_time + day),
        costs
      )
    })
  })
]
