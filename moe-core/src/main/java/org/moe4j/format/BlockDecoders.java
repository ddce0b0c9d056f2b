// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every decoder. */
final class BlockDecoders {

  static final Map<TensorType, BlockDecoder> BY_TYPE =
      Stream.<BlockDecoder[]>of(
              BasicBlocks.values(),
              KBlocks.values(),
              TableBlocks.values(),
              TernaryBlocks.values(),
              CodebookBlocks.values(),
              IntegerBlocks.values())
          .flatMap(Stream::of)
          .collect(Collectors.toUnmodifiableMap(BlockDecoder::type, decoder -> decoder));

  private BlockDecoders() {}
}
