// SPDX-License-Identifier: 0BSD
// Types of @name@.mjs, build @build_id@.

export type Kind = "anomaly" | "classification" | "regression";

export interface Output {
  name: string;
  kind: Kind;
  /** anomaly: 1 anomalous, 0 normal; classification: index of the class, -1 when none reaches the threshold */
  decision: number;
  /** unclamped, higher is more anomalous */
  score: number;
  /** what is compared with the threshold */
  smoothed: number;
  threshold: number;
  /** share of normal windows at least as extreme; null when unknown */
  pValue: number | null;
  /** the largest ones, largest first */
  contributions: { label: string; value: number }[];
  classes: Record<string, number>;
  map: { height: number; width: number; values: number[] } | null;
  /** streams: how far the inputs' running mean has moved from training's, in standard deviations; null when unknown */
  drift: number | null;
  /** drift is above the limit */
  drifting: boolean;
}

export interface Result {
  /** true when any output of kind anomaly is anomalous */
  decision: boolean;
  /** what all outputs together say: "anomaly", else the class ("uncertain" when none reaches the threshold), else "normal"; null with numbers only */
  label: string | null;
  /** row of the stream at which the window starts; 0 from run() */
  start: number;
  buildId: string;
  outputs: Output[];
}

export interface Info {
  name: string;
  buildId: string;
  kind: string;
  shape: number[];
  axes: string[];
  frequency: number | null;
  stride: number | null;
  /** how many windows commissioning keeps at most; 0: there is none */
  calibrationWindows: number;
  features: { name: string; labels: string[] }[];
  outputs: { name: string; kind: Kind; classes: string[]; contributions: string[]; mapScale: { low: number; high: number } | null }[];
}

/** An image as it was taken; ImageData is one. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

export const info: Readonly<Info>;

/** Whether this engine has SIMD: decides which module is loaded. */
export const simd: boolean;

/** Compile without starting: to load many from, or to send to workers. */
export function compile(source?: BufferSource | URL | string): Promise<WebAssembly.Module>;

export function load(source?: BufferSource | WebAssembly.Module | URL | string): Promise<Classifier>;

export class Classifier {
  constructor(instance: WebAssembly.Instance);
  run(window: ArrayLike<number>): Result;
  /** An image of any size: ImageData, or 4 (RGBA), 3 (RGB) or 1 (grey) bytes a pixel. Only of models that take images. */
  runImage(image: Pixels): Result;
  /** What run() would be given for such an image. */
  imageWindow(image: Pixels): @array@;
  features(window: ArrayLike<number>, node?: number): Float32Array;
  push(samples: @array@ | number[]): Result[];
  reset(): void;
  getThreshold(output?: number): number;
  setThreshold(value: number, output?: number): void;
  getSmoothing(output?: number): number;
  setSmoothing(value: number, output?: number): void;
  getDriftLimit(): number;
  setDriftLimit(value: number): void;
  calibrateBegin(): void;
  calibrateAdd(window?: ArrayLike<number>): void;
  calibrateCommit(): Uint8Array;
  useCalibration(calibration: Uint8Array | null): void;
}
