import { join } from "node:path"
import { defineConfig } from "vitepress"
import { anchorOf } from "../src/markdown.js"
import { type Group, type Page, site } from "../src/pages.js"
import { documents, packages, repository, root } from "../src/sources.js"
import { pagesFolder, write } from "../src/write.js"

const { cookbook, guide, reference, ...rest } = site()
write({ cookbook, guide, reference, ...rest })

const item = ({ path, title }: Page) => ({ text: title, link: `/${path.replace(/index$/, "")}` })

const sidebar = (groups: ReadonlyArray<Group>, collapsed: boolean) =>
  groups.map(({ pages, title }) =>
    pages.length === 1
      ? item(pages[0]!)
      : { text: title, collapsed, items: pages.map(item) }
  )

const sources = [
  "README.md",
  ...packages.map(([name]) => `packages/${name}/README.md`),
  ...documents.map(([source]) => source),
  "packages/site/cookbook"
].map((path) => join(root, path))

export default defineConfig({
  title: "effect-openai",
  description: "The OpenAI HTTP API for programs written with Effect: a client, an emulator, the contract",
  head: [["link", { rel: "icon", href: "/icon.svg" }]],
  srcDir: pagesFolder,
  outDir: join(root, "packages/site/dist"),
  cacheDir: join(root, "node_modules/.cache/vitepress"),
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    anchor: { slugify: anchorOf },
    config: ({ core }) => {
      // A cell without a text is the header of nothing.
      core.ruler.push("empty-headers", ({ tokens }) => {
        tokens.forEach(({ type }, index) => {
          const cell = tokens.slice(index, index + 3)
          if (type === "th_open" && cell[1]?.content === "") cell.forEach((token) => (token.tag = token.tag && "td"))
        })
      })
    },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" }
  },
  themeConfig: {
    nav: [
      { text: "Guide", link: "/guide/client/", activeMatch: "^/guide/" },
      { text: "Cookbook", link: "/cookbook/", activeMatch: "^/cookbook/" },
      { text: "Reference", link: "/reference/", activeMatch: "^/reference/" },
      { text: "Servers", link: "/servers" },
      { text: "Benchmark", link: "/benchmark" }
    ],
    sidebar: {
      "/cookbook/": sidebar(cookbook, false),
      "/reference/": sidebar(reference, true),
      "/": sidebar(guide, false)
    },
    outline: [2, 3],
    socialLinks: [{ icon: "github", link: repository }],
    search: {
      provider: "local",
      options: {
        _render: (source, env, markdown) => {
          // Signatures have the names of fields, which would hide the pages that describe them.
          const isReference = env.relativePath.startsWith("reference/")
          return markdown.render(isReference ? source.replaceAll(/^```.*?^```$/gms, "") : source, env)
        }
      }
    }
  },
  vite: {
    plugins: [{
      name: "effect-openai-landmarks",
      enforce: "pre",
      // The theme has a main landmark on all other pages.
      transform: (code, id) =>
        /\/(VPHome|NotFound)\.vue$/.test(id) ? code.replace(/class="(VPHome|NotFound)"/, "$& role=\"main\"") : undefined
    }, {
      name: "effect-openai-pages",
      configureServer: ({ watcher }) => {
        watcher.add(sources)
        watcher.on("change", (file) => {
          if (sources.some((source) => file.startsWith(source))) write(site())
        })
      }
    }]
  }
})
