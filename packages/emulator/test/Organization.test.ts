import {
  Assistants,
  Audio,
  AuditLogs,
  ChatCompletions,
  Completions,
  Embeddings,
  Images,
  Invites,
  Moderations,
  OpenAiClient,
  ProjectApiKeys,
  ProjectRateLimits,
  Projects,
  ProjectServiceAccounts,
  ProjectUsers,
  Retry,
  Runs,
  Threads,
  Usage,
  Users
} from "@effect-openai/client"
import type { Emulator } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Layer, Redacted, Stream } from "effect"
import { apiKey, BaseUrl, inProcess, onDisk, send, sendJson } from "./utils.js"

const adminKey = "sk-admin-abcdefghijklmnopqrst"

const model = "gpt-4o"

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** Runs calls with other credentials. */
const as =
  (credentials: { readonly apiKey?: string; readonly adminKey?: string; readonly project?: string }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(BaseUrl, (baseUrl) => {
      const redacted = Object.fromEntries(
        Object.entries(credentials).map(([name, value]) => [name, Redacted.make(value)])
      )
      return Effect.provide(
        effect,
        Layer.merge(
          Layer.orDie(OpenAiClient.layer({ ...redacted, baseUrl })),
          Retry.layer({ times: 0 })
        )
      )
    })

const admin = as({ adminKey })

const accept = (id: string) =>
  Effect.map(sendJson("POST", `/../_emulator/invites/${id}/accept`, { name: "Ada" }), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return json as { readonly user: { readonly id: string } }
  })

const options: Emulator.Options = {
  apiKeys: [Redacted.make(apiKey)],
  adminKeys: [Redacted.make(adminKey)],
  faults: { control: true },
  pages: true
}

describe.each([inProcess, onDisk])("an organization $name", ({ layer }) => {
  it.live("lives from an invite to the archive of a project", () =>
    Effect.gen(function*() {
      const start_time = Math.floor(Date.now() / 1000) - 60
      // An invited user joins the organization and the project.
      const project = yield* admin(Projects.create({ name: "Rocket" }))
      const project_id = project.id
      const invite = yield* admin(
        Invites.create({ email: "ada@example.com", role: "reader", projects: [{ id: project_id, role: "member" }] })
      )
      const { user: { id: user_id } } = yield* accept(invite.id)
      assert.strictEqual((yield* admin(Invites.retrieve({ invite_id: invite.id }))).status, "accepted")
      const ada = yield* admin(ProjectUsers.retrieve({ project_id, user_id }))
      assert.deepInclude(ada, { name: "Ada", email: "ada@example.com", role: "member" })
      assert.strictEqual((yield* Effect.flip(admin(Invites.delete({ invite_id: invite.id }))))._tag, "BadRequestError")
      yield* admin(ProjectUsers.modify({ project_id, user_id, role: "owner" }))

      // The key of a service account works in its project.
      const account = yield* admin(ProjectServiceAccounts.create({ project_id, name: "Bot" }))
      const bot = as({ apiKey: account.api_key.value })
      const { assistant, chat, cut, run } = yield* bot(Effect.gen(function*() {
        const assistant = yield* Assistants.create({ model })
        const thread = yield* Threads.create({ messages: [{ role: "user", content: "How many stars shine?" }] })
        const run = yield* Runs.createAndPoll({ thread_id: thread.id, assistant_id: assistant.id })
        assert.strictEqual(run.status, "completed")
        const request = { model, messages: [{ role: "user" as const, content: "Say one two three four five." }] }
        const chat = yield* ChatCompletions.create(request)
        const whole = yield* collect(
          ChatCompletions.create.stream({ ...request, stream_options: { include_usage: true } })
        )
        assert.deepStrictEqual(whole.at(-1)?.usage, chat.usage)
        // A caller that leaves pays for what was read, and for what was written until then.
        const cut = yield* collect(Stream.take(ChatCompletions.create.stream(request), 2))
        return { assistant, run, chat, cut }
      }))
      assert.lengthOf(cut, 2)
      yield* bot(Effect.all([
        Embeddings.create({ model: "text-embedding-3-small", input: "seven stars" }),
        Moderations.create({ input: "seven stars" }),
        Images.generate({ prompt: "Seven stars.", n: 2, size: "256x256" }),
        Audio.speech({ model: "tts-1", voice: "alloy", input: "Seven stars." }),
        Completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "Once there was", max_tokens: 5 })
      ]))

      // What a project made is not there for another one.
      const other = as({ apiKey })
      const assistant_id = assistant.id
      assert.strictEqual((yield* Effect.flip(other(Assistants.retrieve({ assistant_id }))))._tag, "NotFoundError")
      assert.deepStrictEqual((yield* other(Assistants.list())).data, [])
      const inProject = as({ apiKey, project: project_id })
      assert.strictEqual((yield* inProject(Assistants.retrieve({ assistant_id }))).id, assistant_id)

      // A limit that was lowered is the one that refuses.
      const rate_limit_id = `rl-${model}`
      yield* admin(ProjectRateLimits.modify({ project_id, rate_limit_id, max_requests_per_1_minute: 1 }))
      const request = { model, messages: [{ role: "user" as const, content: "Hello." }] }
      const third = yield* bot(ChatCompletions.create(request))
      const refused = yield* Effect.flip(bot(ChatCompletions.create(request)))
      assert.strictEqual(refused._tag, "RateLimitError")
      assert.match(refused.message, /Limit 1,/)
      yield* other(ChatCompletions.create(request))

      // Usage adds up to the calls, to the token.
      // The row of the stream that was cut is written after its caller has left.
      const usage = yield* Effect.gen(function*() {
        const [result, ...others] = yield* collect(
          Usage.completions.items({ start_time, project_ids: [project_id], models: [model], group_by: ["api_key_id"] })
            .pipe(Usage.results)
        )
        assert.deepStrictEqual(others, [])
        return result!
      }).pipe(admin, Effect.repeat({ until: ({ num_model_requests }) => num_model_requests === 5, times: 200 }))
      assert.strictEqual(usage.api_key_id, account.api_key.id)
      assert.isNull(usage.model)
      assert.strictEqual(
        usage.input_tokens,
        run.usage!.prompt_tokens! + 3 * chat.usage!.prompt_tokens! + third.usage!.prompt_tokens!
      )
      const least = run.usage!.completion_tokens! + 2 * chat.usage!.completion_tokens! + third.usage!.completion_tokens!
      assert.isAtLeast(usage.output_tokens!, least)
      assert.isAtMost(usage.output_tokens!, least + chat.usage!.completion_tokens!)
      const sums = <E, R>(stream: Stream.Stream<{ readonly input_tokens?: number | undefined }, E, R>) =>
        admin(Stream.runFold(stream, 0, (sum, { input_tokens = 0 }) => sum + input_tokens))
      assert.strictEqual(yield* sums(Usage.embeddings.items({ start_time }).pipe(Usage.results)), 2)
      assert.strictEqual(yield* sums(Usage.moderations.items({ start_time }).pipe(Usage.results)), 2)
      const [images] = yield* admin(collect(
        Usage.images.items({ start_time, sizes: ["256x256"], group_by: ["source"] }).pipe(Usage.results)
      ))
      assert.deepInclude(images, { images: 2, num_model_requests: 1, source: "image.generation" })
      const [speech] = yield* admin(collect(Usage.audioSpeeches.items({ start_time }).pipe(Usage.results)))
      assert.strictEqual(speech?.characters, 12)
      const costs = yield* admin(collect(
        Usage.costs.items({ start_time, group_by: ["line_item", "project_id"] }).pipe(
          Usage.results,
          Stream.filter((result) =>
            result.project_id === project_id && result.line_item?.startsWith(`${model},`) === true
          )
        )
      ))
      assert.deepStrictEqual(costs.map(({ amount, line_item }) => [line_item, amount?.value]), [
        [`${model}, input`, usage.input_tokens! * 2.5 / 1_000_000],
        [`${model}, output`, usage.output_tokens! * 10 / 1_000_000]
      ])

      // Keys end with their account, and projects with their archive.
      yield* admin(ProjectServiceAccounts.delete({ project_id, service_account_id: account.id }))
      assert.strictEqual((yield* Effect.flip(bot(Assistants.list())))._tag, "AuthenticationError")
      yield* admin(Projects.archive({ project_id }))
      const gone = yield* Effect.flip(inProject(Assistants.list()))
      assert.deepInclude(gone, { _tag: "AuthenticationError", code: "not_authorized_invalid_project" })
      assert.deepStrictEqual(
        (yield* admin(Effect.flip(ProjectUsers.list({ project_id })))).message,
        "Project Rocket is archived"
      )
      yield* admin(Users.delete({ user_id }))

      const entries = yield* admin(collect(AuditLogs.list.items({ limit: 3 })))
      const payload = (entry: AuditLogEntry) => ({ ...entry as any })[entry.type as string]
      assert.deepStrictEqual(
        [...entries].reverse().map((entry) => [entry.type, payload(entry), (entry as any).project?.id ?? null]),
        [
          ["project.created", { id: project_id, data: { name: "Rocket", title: "Rocket" } }, project_id],
          ["invite.sent", { id: invite.id, data: { email: "ada@example.com", role: "member" } }, null],
          ["invite.accepted", { id: invite.id }, null],
          ["user.added", { id: user_id, data: { role: "member" } }, null],
          ["user.updated", { id: user_id, changes_requested: { role: "owner" } }, project_id],
          ["service_account.created", { id: account.id, data: { role: "member" } }, project_id],
          ["api_key.created", { id: account.api_key.id, data: { scopes: ["api.all"] } }, project_id],
          [
            "rate_limit.updated",
            { id: rate_limit_id, changes_requested: { max_requests_per_1_minute: 1 } },
            project_id
          ],
          ["service_account.deleted", { id: account.id }, project_id],
          ["api_key.deleted", { id: account.api_key.id }, project_id],
          ["project.archived", { id: project_id }, project_id],
          ["user.deleted", { id: user_id }, null]
        ]
      )
      const actors = yield* admin(collect(AuditLogs.list.items({ actor_emails: ["ada@example.com"] })))
      assert.deepStrictEqual(actors.map(({ type }) => type), ["user.added", "invite.accepted"])
    }).pipe(Effect.provide(layer(options))), 60_000)

  it.live("writes nothing where a change is refused", () =>
    Effect.gen(function*() {
      const [owner] = (yield* Users.list()).data
      const defaultProject = (yield* Projects.list()).data[0]!.id
      const refusals = yield* Effect.forEach([
        Users.delete({ user_id: owner!.id }),
        Users.modify({ user_id: owner!.id, role: "reader" }),
        Projects.archive({ project_id: defaultProject }),
        Projects.modify({ project_id: defaultProject, name: "other" }),
        ProjectRateLimits.modify({
          project_id: defaultProject,
          rate_limit_id: "rl-gpt-4o",
          max_requests_per_1_minute: 1_000_000
        }),
        Invites.create({ email: "a@example.com", role: "reader", projects: [{ id: "proj_none", role: "member" }] })
      ], (call) =>
        Effect.map(
          Effect.flip(call as Effect.Effect<unknown, { _tag: string }, OpenAiClient.OpenAiClient>),
          ({ _tag }) => _tag
        ))
      assert.deepStrictEqual(refusals, [
        ...Array.from({ length: 5 }, () => "BadRequestError"),
        "NotFoundError"
      ])
      assert.deepStrictEqual((yield* AuditLogs.list()).data, [])
    }).pipe(admin, Effect.provide(layer(options))))

  it.live("keeps credentials apart", () =>
    Effect.gen(function*() {
      const missing = yield* Effect.flip(as({ adminKey: apiKey })(Users.list()))
      assert.deepInclude(missing, { _tag: "PermissionDeniedError" })
      assert.match(missing.message, /Missing scopes: api\.management\.read\.$/)
      const { project_id, ...account } = yield* admin(Effect.gen(function*() {
        const { id } = yield* Projects.create({ name: "Other" })
        return { project_id: id, ...yield* ProjectServiceAccounts.create({ project_id: id, name: "Bot" }) }
      }))
      const { value } = account.api_key
      // No other response shows the key, and neither do the last requests.
      const shown = yield* admin(Effect.all([
        ProjectServiceAccounts.list({ project_id }),
        ProjectApiKeys.list({ project_id }),
        AuditLogs.list()
      ]))
      const requests = yield* send("GET", "/../_emulator/requests")
      assert.strictEqual(requests.status, 200)
      assert.notInclude(JSON.stringify([shown, requests.text]), value.slice(11))
      const elsewhere = (yield* admin(Projects.list())).data.find(({ id }) => id !== project_id)!.id
      for (
        const [credentials, tag] of [
          [{ apiKey: value, project: elsewhere }, "AuthenticationError"],
          [{ apiKey, project: "proj_none" }, "AuthenticationError"],
          [{ apiKey: adminKey }, "PermissionDeniedError"]
        ] as const
      ) {
        assert.strictEqual((yield* Effect.flip(as(credentials)(Assistants.list())))._tag, tag)
      }
      assert.strictEqual((yield* Effect.flip(as({ adminKey: value })(Users.list())))._tag, "PermissionDeniedError")
      // A key of the options is listed as its owner's, and stops working when it is deleted.
      const [key] = (yield* admin(ProjectApiKeys.list({ project_id: elsewhere }))).data
      assert.strictEqual(key?.owner?.type, "user")
      yield* as({ apiKey })(Assistants.list())
      yield* admin(ProjectApiKeys.delete({ project_id: elsewhere, key_id: key!.id }))
      assert.strictEqual((yield* Effect.flip(as({ apiKey })(Assistants.list())))._tag, "AuthenticationError")
    }).pipe(Effect.provide(layer(options))))
})

type AuditLogEntry = { readonly type: unknown }
