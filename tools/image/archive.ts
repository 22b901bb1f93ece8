/**
 * An image as one file: an OCI image layout with the manifest of `docker save` beside it, which
 * containerd, Docker and Podman all read. No container engine is needed to make it.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Arch } from "./elf.ts";
import { type TarEntry, writeTar } from "./tar.ts";

export interface ImageLayer {
  /** What it is, for the image's history. */
  readonly comment: string;
  readonly entries: readonly TarEntry[];
}

export interface ImageOptions {
  readonly output: string;
  /** `heddle:0.1.0` */
  readonly tag: string;
  readonly arch: Arch;
  readonly createdSeconds: number;
  readonly layers: readonly ImageLayer[];
  /** As the OCI image specification has it: User, Entrypoint, Env, Labels … */
  readonly config: Readonly<Record<string, unknown>>;
}

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

interface Blob {
  readonly descriptor: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  };
  readonly entry: TarEntry;
}

/** Returns the digest of the image's manifest. */
export function writeImage(options: ImageOptions): string {
  const { output, tag, arch, createdSeconds, layers } = options;
  // Beside the output: there is room for all of it.
  const scratch = mkdtempSync(join(dirname(output), ".image-"));
  try {
    const layerBlobs = layers.map(({ entries }, index) => {
      const file = join(scratch, `layer-${index}.tar`);
      const { sha256, sizeBytes } = writeTar(file, entries, createdSeconds);
      return blob(LAYER_TYPE, sha256, sizeBytes, { type: "file", file });
    });
    const created = isoTime(createdSeconds);
    const diffs = layerBlobs.map(({ descriptor }) => descriptor.digest);
    const config = jsonBlob(CONFIG_TYPE, {
      created,
      architecture: arch,
      os: "linux",
      config: options.config,
      rootfs: { type: "layers", diff_ids: diffs },
      history: layers.map(({ comment }) => ({ created, created_by: comment })),
    });
    const manifest = jsonBlob(MANIFEST_TYPE, {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: config.descriptor,
      layers: layerBlobs.map(({ descriptor }) => descriptor),
    });
    const blobs = [...layerBlobs, config, manifest];
    const head = [
      jsonEntry("oci-layout", { imageLayoutVersion: "1.0.0" }),
      jsonEntry("index.json", indexOf(manifest, tag, arch)),
      jsonEntry("manifest.json", [
        {
          Config: config.entry.path,
          RepoTags: [tag],
          Layers: layerBlobs.map(({ entry }) => entry.path),
        },
      ]),
    ];
    const folders = ["blobs", "blobs/sha256"].map(folderEntry);
    writeTar(output, [...head, ...folders, ...blobs.map(({ entry }) => entry)], createdSeconds);
    return manifest.descriptor.digest;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function indexOf({ descriptor }: Blob, tag: string, architecture: Arch): object {
  const annotations = {
    // By the first containerd names it, by the second everybody else.
    "io.containerd.image.name": tag.includes("/") ? tag : `docker.io/library/${tag}`,
    "org.opencontainers.image.ref.name": tag.slice(tag.lastIndexOf(":") + 1),
  };
  const platform = { architecture, os: "linux" };
  const manifests = [{ ...descriptor, platform, annotations }];
  return { schemaVersion: 2, mediaType: INDEX_TYPE, manifests };
}

function blob(mediaType: string, hash: string, size: number, content: TarEntry["content"]): Blob {
  return {
    descriptor: { mediaType, digest: `sha256:${hash}`, size },
    entry: { path: `blobs/sha256/${hash}`, mode: 0o644, content },
  };
}

function jsonBlob(mediaType: string, value: object): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  const hash = createHash("sha256").update(bytes).digest("hex");
  return blob(mediaType, hash, bytes.length, { type: "bytes", bytes });
}

function jsonEntry(path: string, value: object): TarEntry {
  const bytes = Buffer.from(JSON.stringify(value));
  return { path, mode: 0o644, content: { type: "bytes", bytes } };
}

function folderEntry(path: string): TarEntry {
  return { path, mode: 0o755, content: { type: "folder" } };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
