import type * as AuditLogs from "@effect-openai/core/AuditLogs"
import type * as Invites from "@effect-openai/core/Invites"
import type * as ProjectRateLimits from "@effect-openai/core/ProjectRateLimits"
import type * as Projects from "@effect-openai/core/Projects"
import type * as ProjectServiceAccounts from "@effect-openai/core/ProjectServiceAccounts"
import type * as ProjectUsers from "@effect-openai/core/ProjectUsers"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import type * as Users from "@effect-openai/core/Users"
import * as Store from "../../Store.js"
import type { Owner } from "../caller.js"
import { notFound } from "../errors.js"

// What the organization keeps. All projects share it.

/** What the organization consists of from its beginning. */
export interface Root extends Store.Document {
  readonly created_at: number
  readonly default_project_id: string
  readonly owner_id: string
}

export const roots = Store.collection<Root>({ name: "organization", isShared: true })

export type Invite = Tolerant.Documented<Invites.Invite>

export const invites = Store.collection<Invite>({
  name: "organization.invite",
  timeOf: ({ invited_at }) => invited_at,
  isShared: true
})

export type User = Tolerant.Documented<Users.User>

export const noUser = notFound("user")

export const users = Store.collection<User>({
  name: "organization.user",
  timeOf: ({ added_at }) => added_at,
  isShared: true
})

export type Project = Tolerant.Documented<Projects.Project>

export const projects = Store.collection<Project>({ name: "organization.project", isShared: true })

/** What belongs to a project knows it here. */
interface OfProject {
  readonly project_id: string
}

const parentOf = ({ project_id }: OfProject): string => project_id

export type ProjectUser = Tolerant.Documented<ProjectUsers.ProjectUser> & OfProject

export const projectUsers = Store.collection<ProjectUser>({
  name: "organization.project.user",
  parentOf,
  timeOf: ({ added_at }) => added_at,
  isShared: true
})

export type ServiceAccount = Tolerant.Documented<ProjectServiceAccounts.ServiceAccount> & OfProject

export const serviceAccounts = Store.collection<ServiceAccount>({
  name: "organization.project.service_account",
  parentOf,
  isShared: true
})

/** A key without its value. */
export interface ApiKey extends Store.Document, OfProject {
  readonly created_at: number
  readonly name: string
  readonly redacted_value: string
  readonly owner: Owner
  readonly digest: string
}

export const apiKeys = Store.collection<ApiKey>({ name: "organization.project.api_key", parentOf, isShared: true })

/** Where a key leads, by its digest. A key that was deleted is remembered, so that it is not taken for any other key. */
export interface KnownKey extends Store.Document, OfProject {
  readonly key_id: string
  readonly owner: Owner
  readonly status: "active" | "deleted"
  /** Whether the emulator's options have the key. It is valid only as long as they do. */
  readonly isConfigured: boolean
}

export const knownKeys = Store.collection<KnownKey>({ name: "organization.key", timeOf: () => 0, isShared: true })

/** A rate limit that was modified. */
export type RateLimit =
  & Tolerant.Documented<
    ProjectRateLimits.ProjectRateLimit,
    | "max_images_per_1_minute"
    | "max_audio_megabytes_per_1_minute"
    | "max_requests_per_1_day"
    | "batch_1_day_max_input_tokens"
  >
  & OfProject

export const rateLimits = Store.collection<RateLimit>({
  name: "organization.project.rate_limit",
  parentOf,
  timeOf: () => 0,
  isShared: true
})

/** An entry of the audit log, with what it is found by. */
export interface AuditEntry extends Store.Document {
  readonly type: string
  readonly effective_at: number
  readonly project_id: string | null
  readonly actor_ids: ReadonlyArray<string>
  readonly actor_email: string | null
  readonly resource_id: string
  readonly entry: AuditLogs.AuditLog
}

export const auditEntries = Store.collection<AuditEntry>({
  name: "organization.audit_log",
  timeOf: ({ effective_at }) => effective_at,
  isShared: true
})

/** The kinds of usage, as their paths name them. */
export type UsageKind =
  | "completions"
  | "embeddings"
  | "moderations"
  | "images"
  | "audio_speeches"
  | "audio_transcriptions"
  | "vector_stores"
  | "code_interpreter_sessions"

/** The numbers of a row, by their fields in results. */
export interface UsageNumbers {
  readonly input_tokens?: number
  readonly input_cached_tokens?: number
  readonly output_tokens?: number
  readonly input_audio_tokens?: number
  readonly output_audio_tokens?: number
  readonly images?: number
  readonly characters?: number
  readonly seconds?: number
  readonly sessions?: number
  readonly usage_bytes?: number
}

/** What one billable call used. */
export interface UsageRow extends Store.Document, UsageNumbers {
  readonly created_at: number
  readonly kind: UsageKind
  readonly project_id: string
  readonly user_id: string | null
  readonly api_key_id: string | null
  readonly model: string | null
  readonly batch: boolean
  readonly size: string | null
  readonly source: string | null
}

export const usageRows = Store.collection<UsageRow>({
  name: "organization.usage",
  parentOf: ({ kind }) => kind,
  isShared: true
})
