/**
 * Projects: the parts of the organization that own keys, limits and objects.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { ListQuery, ProjectId } from "./internal/administration.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const Project = Tolerant.struct({
  id: Field.string("The project's ID.")
}, {
  object: Field.objectType("organization.project"),
  name: Field.string("The project's name. Reports show it."),
  created_at: Field.timestamp("the project was created"),
  archived_at: Schema.optional(Field.nullableTimestamp("the project was archived")),
  status: Schema.Literal("active", "archived").pipe(described("The status of the project."))
}).annotations({ identifier: "Project", title: "Project", description: "A project of the organization." })

export interface Project extends Schema.Schema.Type<typeof Project> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListProjectsQuery = Struct.make({
  ...ListQuery.fields,
  include_archived: Schema.optional(
    Schema.Boolean.pipe(described("Whether the list also has archived projects.", { default: false }))
  )
})

export interface ListProjectsQuery extends Schema.Schema.Type<typeof ListProjectsQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListProjectsResponse = Pagination.page(Project).annotations({
  identifier: "ProjectListResponse",
  description: "A page of projects."
})

export interface ListProjectsResponse extends Schema.Schema.Type<typeof ListProjectsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateProjectRequest = Struct.make({
  name: Field.string("The project's name. Reports show it.")
}).annotations({ identifier: "ProjectCreateRequest", description: "Request to create a project." })

export interface CreateProjectRequest extends Schema.Schema.Type<typeof CreateProjectRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModifyProjectRequest = Struct.make({
  name: Field.string("The project's new name.")
}).annotations({ identifier: "ProjectUpdateRequest", description: "Request to modify a project." })

export interface ModifyProjectRequest extends Schema.Schema.Type<typeof ModifyProjectRequest> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-projects",
  summary: "List projects",
  description: "Returns a page of the organization's projects.",
  method: "GET",
  path: "/organization/projects",
  query: ListProjectsQuery,
  success: Endpoint.json(ListProjectsResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "create-project",
  summary: "Create project",
  description: "Creates a project. Projects can be archived, but not deleted.",
  method: "POST",
  path: "/organization/projects",
  body: Endpoint.json(CreateProjectRequest),
  success: Endpoint.json(Project),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieve-project",
  summary: "Retrieve project",
  description: "Returns a project.",
  method: "GET",
  path: "/organization/projects/{project_id}",
  parameters: { project_id: ProjectId },
  success: Endpoint.json(Project),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modify-project",
  summary: "Modify project",
  description: "Modifies a project's name. The default project can't be modified.",
  method: "POST",
  path: "/organization/projects/{project_id}",
  parameters: { project_id: ProjectId },
  body: Endpoint.json(ModifyProjectRequest),
  success: Endpoint.json(Project),
  family: "administration",
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const archive = Endpoint.make({
  name: "archive-project",
  summary: "Archive project",
  description: "Archives a project. An archived project can't be used or changed.",
  method: "POST",
  path: "/organization/projects/{project_id}/archive",
  parameters: { project_id: ProjectId },
  success: Endpoint.json(Project),
  family: "administration",
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Projects",
  title: "Projects",
  description: "The parts of the organization that own keys, limits and objects.",
  operations: { list, create, retrieve, modify, archive }
})
