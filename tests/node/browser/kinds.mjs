// One address of every kind of page, over two builds of the sample.

import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { commit, deepwiki, newFolder, repository } from "./support.mjs";
import { SAMPLE } from "./sample.mjs";

/** Builds the sample in both languages, changes it, builds it again; gives the data folder, the folder and the id. */
export const built = () => {
  const data = newFolder("data");
  const source = repository("teapot", SAMPLE);
  const build = () => JSON.parse(deepwiki(data, "build", source, "--language", "en", "--language", "ja", "--json")).repository;
  build();
  appendFileSync(join(source, "teapot/kettle.py"), '\n\ndef boil(kettle: Kettle) -> Water:\n    """Heats the water of this kettle to HOTTEST."""\n    return kettle.heat(Kettle.HOTTEST)\n');
  commit(source, "Boil");
  return { data, source, id: build() };
};

/** The address of each kind of page, by name. */
export const kinds = async ({ address }, id) => {
  const read = async (path) => (await fetch(`${address}${path}`)).json();
  const { versions } = await read(`/repos/${id}/versions`);
  const { jobs } = await read(`/repos/${id}/jobs`);
  const { pages } = await read(`/repos/${id}/wiki?language=en`);
  const drawn = await Promise.all(pages.map(async ({ slug }) => [slug, (await read(`/repos/${id}/pages/${slug}?language=en`)).page.diagrams.length]));
  const [picture] = drawn.find(([, count]) => count > 0);
  const [newer, older] = versions.map((version) => version.build);
  const cited = encodeURIComponent("teapot/kettle.py:21-40");
  return {
    home: "/", map: "/map", docs: "/docs", add: "/manage/add",
    repository: `/manage/${id}`, remove: `/manage/${id}/remove`, purge: `/manage/${id}/purge`, job: `/manage/builds/${jobs[0].id}`,
    overview: `/wiki/${id}/`, japanese: `/wiki/${id}/?language=ja`, beside: `/wiki/${id}/?at=${cited}`,
    diagram: `/wiki/${id}/${picture}/diagrams/0?language=en`, drawn: `/wiki/${id}/${picture}?language=en`,
    file: `/wiki/${id}/source/teapot/kettle.py?start=21&end=40`, older: `/wiki/${id}/?build=${older}`,
    versions: `/repos/${id}/versions`, changes: `/repos/${id}/changes?from=${older}&to=${newer}`,
    search: "/search", hits: "/search?q=kettle", none: "/search?q=zzzzzz", ask: "/ask",
    answer: `/ask?now=1&q=${encodeURIComponent("How is a lost connection retried?")}`,
    wrong: `/wiki/${id}/${picture}/wrong?statement=0&language=en`, corrections: "/manage/corrections", absent: "/wiki/absent/",
  };
};
