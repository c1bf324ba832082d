/**
 * Project rate limits: how much a project may use each model.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { ProjectId } from "./internal/administration.js"
import * as Field from "./internal/field.js"
import * as Limits from "./internal/limits.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

const RateLimitId = Endpoint.pathParameter("The ID of the rate limit.")

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

const { max_requests_per_1_minute, max_tokens_per_1_minute, ...others } = Limits.fields

/**
 * @since 0.1.0
 * @category models
 */
export const ProjectRateLimit = Tolerant.struct({
  id: Field.string("The rate limit's ID.")
}, {
  object: Field.objectType("project.rate_limit"),
  model: Field.string("The model that the limit applies to."),
  max_requests_per_1_minute,
  max_tokens_per_1_minute,
  ...Limits.optional(others)
}).annotations({
  identifier: "ProjectRateLimit",
  title: "Project rate limit",
  description: "The rate limit of a model in a project."
})

export interface ProjectRateLimit extends Schema.Schema.Type<typeof ProjectRateLimit> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListProjectRateLimitsQuery = Struct.make({
  limit: Schema.optional(Pagination.limit({ maximum: 100, default: 100 })),
  after: Schema.optional(Pagination.After),
  before: Schema.optional(Pagination.Before)
})

export interface ListProjectRateLimitsQuery extends Schema.Schema.Type<typeof ListProjectRateLimitsQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListProjectRateLimitsResponse = Pagination.page(ProjectRateLimit).annotations({
  identifier: "ProjectRateLimitListResponse",
  description: "A page of a project's rate limits."
})

export interface ListProjectRateLimitsResponse extends Schema.Schema.Type<typeof ListProjectRateLimitsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModifyProjectRateLimitRequest = Struct.make(Limits.optional(Limits.fields)).annotations({
  identifier: "ProjectRateLimitUpdateRequest",
  description: "Request to modify a rate limit."
})

export interface ModifyProjectRateLimitRequest extends Schema.Schema.Type<typeof ModifyProjectRateLimitRequest> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-project-rate-limits",
  summary: "List project rate limits",
  description: "Returns a page of a project's rate limits, one for each model.",
  method: "GET",
  path: "/organization/projects/{project_id}/rate_limits",
  parameters: { project_id: ProjectId },
  query: ListProjectRateLimitsQuery,
  success: Endpoint.json(ListProjectRateLimitsResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "update-project-rate-limits",
  summary: "Modify project rate limit",
  description: "Modifies a rate limit of a project.",
  method: "POST",
  path: "/organization/projects/{project_id}/rate_limits/{rate_limit_id}",
  parameters: { project_id: ProjectId, rate_limit_id: RateLimitId },
  body: Endpoint.json(ModifyProjectRateLimitRequest),
  success: Endpoint.json(ProjectRateLimit),
  family: "administration",
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "ProjectRateLimits",
  title: "Project rate limits",
  description: "How much a project may use each model.",
  operations: { list, modify }
})
