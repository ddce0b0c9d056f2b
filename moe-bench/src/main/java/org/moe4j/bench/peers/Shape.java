// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The shape of a mixture, for files with random weights. Layers are those of a published model;
 * some shapes have fewer of them.
 *
 * @param name name of the shape
 * @param architecture {@code general.architecture} of its files
 * @param hidden width of the residual stream
 * @param layers number of layers
 * @param heads query heads
 * @param kvHeads key-value heads
 * @param headSize width of a head
 * @param expertWidth width of an expert's gated rows
 * @param experts number of experts of a layer
 * @param perToken experts that run for a token
 * @param vocabulary number of token ids
 */
record Shape(
    String name,
    String architecture,
    int hidden,
    int layers,
    int heads,
    int kvHeads,
    int headSize,
    int expertWidth,
    int experts,
    int perToken,
    int vocabulary) {

  /** All shapes. */
  static final List<Shape> ALL =
      Stream.concat(
              Stream.of(
                  new Shape("mixtral-mini", "llama", 1024, 16, 16, 4, 64, 1792, 8, 2, 32_000),
                  new Shape("qwen3moe-mini", "qwen3moe", 2048, 6, 32, 4, 128, 768, 128, 8, 151_936),
                  new Shape("olmoe-7b", "olmoe", 2048, 16, 16, 16, 128, 1024, 64, 8, 50_304),
                  new Shape("gptoss-mini", "gpt-oss", 2880, 4, 64, 8, 64, 2880, 32, 4, 201_088)),
              IntStream.of(8, 16, 32, 64, 128, 256).mapToObj(Shape::scale))
          .toList();

  /** One shape at a growing number of experts: what a token costs must not grow with it. */
  private static Shape scale(int experts) {
    return new Shape("scale-" + experts, "qwen3moe", 1024, 4, 16, 4, 64, 512, experts, 2, 32_000);
  }

  /**
   * The shape of a name.
   *
   * @param name one of {@link #ALL}
   */
  static Shape of(String name) {
    return ALL.stream()
        .filter(shape -> shape.name.equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no shape %s; there are %s"
                    .formatted(name, ALL.stream().map(Shape::name).toList())));
  }
}
