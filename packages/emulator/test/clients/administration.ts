import { assert } from "@effect/vitest"
import { Redacted } from "effect"
import type * as Module7 from "openai-7"
import { type Check, collect, type Given, model, rejection } from "./client.js"

// The administration of openai 7, whose resources are those of an organization.

const adminKey = "sk-admin-abcdefghijklmnopqrst"

const administer = async ({ apiKey, baseURL, load }: Given, name: string) => {
  const sdk: typeof Module7 = await load(name)
  const openai = new sdk.default({ apiKey, adminAPIKey: adminKey, baseURL, maxRetries: 0 })
  const { auditLogs, invites, projects, usage, users } = openai.admin.organization
  const start_time = Math.floor(Date.now() / 1000) - 60

  // Members: the owner is there from the beginning, others accept an invite.
  const invite = await invites.create({ email: "ada@example.com", role: "reader" })
  assert.deepStrictEqual((await collect(invites.list({ limit: 1 }))).map(({ id }) => id), [invite.id])
  assert.strictEqual((await invites.retrieve(invite.id)).status, "pending")
  const accepted = await fetch(`${new URL(baseURL).origin}/_emulator/invites/${invite.id}/accept`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Ada" })
  })
  assert.strictEqual(accepted.status, 200)
  const { user: { id: user_id } } = await accepted.json() as { readonly user: { readonly id: string } }
  assert.lengthOf(await collect(users.list({ limit: 1 })), 2)
  assert.strictEqual((await users.retrieve(user_id)).email, "ada@example.com")
  assert.strictEqual((await users.update(user_id, { role: "owner" })).role, "owner")
  assert.strictEqual((await users.update(user_id, { role: "reader" })).role, "reader")

  // A project, with a member and a service account, whose key works there.
  const { id: project_id } = await projects.create({ name: "Rocket" })
  assert.strictEqual((await projects.update(project_id, { name: "Rocket 2" })).name, "Rocket 2")
  assert.strictEqual((await projects.retrieve(project_id)).status, "active")
  assert.strictEqual((await projects.users.create(project_id, { user_id, role: "member" })).role, "member")
  assert.strictEqual((await projects.users.update(user_id, { project_id, role: "owner" })).role, "owner")
  assert.strictEqual((await projects.users.retrieve(user_id, { project_id })).id, user_id)
  assert.lengthOf(await collect(projects.users.list(project_id)), 1)
  const account = await projects.serviceAccounts.create(project_id, { name: "Bot" })
  assert.lengthOf(await collect(projects.serviceAccounts.list(project_id)), 1)
  assert.strictEqual((await projects.serviceAccounts.retrieve(account.id, { project_id })).name, "Bot")
  const [key] = await collect(projects.apiKeys.list(project_id))
  assert.strictEqual(key!.owner.type, "service_account")
  assert.strictEqual((await projects.apiKeys.retrieve(key!.id, { project_id })).id, account.api_key!.id)
  const bot = new sdk.default({ apiKey: account.api_key!.value, baseURL, maxRetries: 0 })
  const ask = () => bot.chat.completions.create({ model, messages: [{ role: "user", content: "Hello" }] })
  const { usage: used } = await ask()

  // A limit that is lowered refuses.
  const limits = await collect(projects.rateLimits.listRateLimits(project_id, { limit: 2 }))
  const { id: rate_limit_id } = limits.find((limit) => limit.model === model)!
  await projects.rateLimits.updateRateLimit(rate_limit_id, { project_id, max_requests_per_1_minute: 1 })
  await ask()
  assert.instanceOf(await rejection(ask()), sdk.default.RateLimitError)

  // Usage and costs are those of the calls.
  const { data: buckets } = await usage.completions({ start_time, project_ids: [project_id], group_by: ["model"] })
  const [result] = buckets.flatMap(({ results }) => results)
  assert.deepInclude<unknown>(result, { model, num_model_requests: 2, input_tokens: 2 * used!.prompt_tokens })
  const costs = await usage.costs({ start_time, project_ids: [project_id], limit: 1 })
  const [cost] = costs.data.flatMap(({ results }) => results) as ReadonlyArray<{ amount: { value: number } }>
  assert.isAbove(cost!.amount.value, 0)

  // What ends is refused, and all of it is in the audit log.
  await projects.serviceAccounts.delete(account.id, { project_id })
  assert.instanceOf(await rejection(ask()), sdk.default.AuthenticationError)
  assert.isTrue((await projects.users.delete(user_id, { project_id })).deleted)
  assert.strictEqual((await projects.archive(project_id)).status, "archived")
  assert.isTrue((await users.delete(user_id)).deleted)
  const other = await invites.create({ email: "grace@example.com", role: "owner" })
  assert.isTrue((await invites.delete(other.id)).deleted)
  const entries = await collect(auditLogs.list({ limit: 5, project_ids: [project_id] }))
  assert.deepStrictEqual([...entries].reverse().map(({ type }) => type), [
    "project.created",
    "project.updated",
    "user.added",
    "user.updated",
    "service_account.created",
    "api_key.created",
    "rate_limit.updated",
    "service_account.deleted",
    "api_key.deleted",
    "user.deleted",
    "project.archived"
  ])
  const stranger = new sdk.default({ apiKey, adminAPIKey: apiKey, baseURL, maxRetries: 0 })
  assert.instanceOf(await rejection(stranger.admin.organization.users.list()), sdk.default.PermissionDeniedError)
}

/** The life of an organization. */
export const administration = (name: string): Check => ({
  title: "administration: members, projects, keys, limits, usage, costs and the audit log",
  options: { adminKeys: [Redacted.make(adminKey)], pages: true },
  run: (given) => administer(given, name)
})
