/**
 * Makes the pages of the site from the files of the repository: a page for each chapter of a README, for each recipe, and for
 * each module. No text is written twice.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import * as Markdown from "./markdown.js"
import { withPrograms } from "./recipes.js"
import { reference } from "./reference.js"
import { documents, modules, packages, recipes, repository, root } from "./sources.js"

export interface Page {
  /** The path in the site, without `.md`. */
  readonly path: string
  readonly title: string
  readonly text: string
}

export interface Group {
  readonly title: string
  readonly pages: ReadonlyArray<Page>
}

/** A page whose links are still those of the file that it is from. */
interface Draft extends Page {
  readonly source: string
}

const read = (path: string) => readFileSync(join(root, path), "utf8")

const slug = (title: string) => Markdown.anchorOf(title).replaceAll(/-+/g, "-")

/** The links without a target, of all pages. */
const dead: Array<string> = []

/** The pages of a README, and its introduction as the first of them. */
const readme = (name: string): ReadonlyArray<Draft> => {
  const source = `packages/${name}/README.md`
  const { before, chapters } = Markdown.chapters(read(source), 2)
  return [
    { source, path: `guide/${name}/index`, title: "Overview", text: before },
    ...chapters.map(({ text, title }) => ({
      source,
      path: `guide/${name}/${slug(title)}`,
      title,
      text: `# ${title}\n${Markdown.shift(text, -1)}`
    }))
  ]
}

/** The page of a file that is one page. */
const single = (source: string, path: string): Draft => {
  const text = withPrograms(source, read(source), (link) => dead.push(`${source}: ${link}`))
  return { source, path, title: /^# (.*)$/m.exec(text)![1]!, text }
}

/** The first page: the root README below its name and its first sentence. */
const home = (): Draft => {
  const source = "README.md"
  const [, title, first, rest] = /^# ([^\n]*)\n\n(.*?)\n\n(.*)$/s.exec(read(source))!
  const plain = first!.replaceAll("\n", " ").replaceAll(/\[(.*?)\]\(.*?\)/g, "$1")
  const [, name, tagline] = /^(.*?): (.*)$/.exec(plain)!
  const actions = [["Guide", "/guide/client/"], ["Cookbook", "/cookbook/"], ["Reference", "/reference/"]]
  const hero = {
    layout: "home",
    hero: {
      name: title,
      text: name,
      tagline: `${tagline![0]!.toUpperCase()}${tagline!.slice(1)}`,
      actions: actions.map(([text, link], index) => ({ text, link, theme: index === 0 ? "brand" : "alt" }))
    }
  }
  return { source, path: "index", title: title!, text: `---\n${JSON.stringify(hero)}\n---\n\n${rest}` }
}

/** The pages of a package's modules. docgen's links lead to other sites or to nothing, so they are not changed. */
const referenceOf = (name: string): ReadonlyArray<Page & { readonly summary: string }> =>
  modules(name).map((file) => {
    const { summary, text, title } = reference(name, file, read(`packages/${name}/docs/modules/${file}`))
    return { path: `reference/${name}/${title}`, title, summary, text }
  })

/** Where a heading of a file is: the site's path of its page, and its anchor there. */
const placesOf = (drafts: ReadonlyArray<Draft>): ReadonlyMap<string, string> => {
  const places = new Map<string, string>()
  for (const { path, source, text } of drafts) {
    const url = `/${path.replace(/index$/, "")}`
    if (!places.has(source)) places.set(source, url)
    const [first, ...others] = Markdown.anchorsOf(text)
    if (first !== undefined) places.set(`${source}#${first}`, /^#+ /.test(text) ? url : `${url}#${first}`)
    for (const anchor of others) places.set(`${source}#${anchor}`, `${url}#${anchor}`)
  }
  return places
}

/** Replaces links between files of the repository by links between pages, and links to other files by those on GitHub. */
const linked = ({ source, ...page }: Draft, places: ReadonlyMap<string, string>): Page => ({
  ...page,
  text: Markdown.links(page.text, (link) => {
    if (/^(https?:|\/)/.test(link)) return link
    const [file, anchor] = link.split("#")
    const target = file === "" ? source : normalize(join(dirname(source), file!)).replace(/\/$/, "")
    const document = existsSync(join(root, target, "README.md")) ? `${target}/README.md` : target
    const place = places.get(anchor === undefined ? document : `${document}#${anchor}`)
    if (place !== undefined) return place
    if (places.has(document) || !existsSync(join(root, target))) dead.push(`${source}: ${link}`)
    if (document.endsWith(".svg")) return `/${document.split("/").at(-1)}`
    return `${repository}/blob/main/${target}${anchor === undefined ? "" : `#${anchor}`}`
  })
})

export interface Site {
  readonly home: Page
  readonly guide: ReadonlyArray<Group>
  readonly cookbook: ReadonlyArray<Group>
  readonly reference: ReadonlyArray<Group>
}

/** All pages. Fails with a list of the links whose file or heading does not exist. */
export const site = (): Site => {
  dead.length = 0
  const first = home()
  const guides = packages.map(([name, title]) => ({ title, drafts: readme(name) }))
  const singles = documents.map(([source, path]) => single(source, path))
  const cookbook = [
    single("packages/site/cookbook/README.md", "cookbook/index"),
    ...recipes.map((name) => single(`packages/site/cookbook/${name}.md`, `cookbook/${name}`))
  ]
  const places = placesOf([first, ...guides.flatMap(({ drafts }) => drafts), ...singles, ...cookbook])
  const link = (draft: Draft) => linked(draft, places)

  const modulesOf = packages.map(([name, title]) => ({ name, title, pages: referenceOf(name) }))
  const index = [
    "# Reference",
    "The modules of each package, as their documentation comments describe them. Every example is compiled.",
    ...modulesOf.flatMap(({ name, pages }) => [
      `## @effect-openai/${name}`,
      ["| | |", "|---|---|", ...pages.map(({ path, summary, title }) => `| [${title}](/${path}) | ${summary} |`)]
        .join("\n")
    ])
  ].join("\n\n")

  const result = {
    home: link(first),
    guide: [
      ...guides.map(({ drafts, title }) => ({ title, pages: drafts.map(link) })),
      { title: "Facts", pages: singles.map(link) }
    ],
    cookbook: [{ title: "Cookbook", pages: cookbook.map(link) }],
    reference: [
      { title: "Reference", pages: [{ path: "reference/index", title: "All modules", text: index }] },
      ...modulesOf.map(({ name, pages }) => ({ title: `@effect-openai/${name}`, pages }))
    ]
  }
  if (dead.length > 0) throw new Error(`Dead links:\n${dead.join("\n")}`)
  return result
}
