// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.moe4j.format.TensorData;

/**
 * Gated short convolution: {@code output(after * convolution(before * x))}, where {@code before},
 * {@code after} and {@code x} are thirds of one linear map's rows, in this order; used by LFM2.
 *
 * @param input hidden to three times the convolution's channels
 * @param convolution over the positions
 * @param output the convolution's channels to hidden
 * @see <a href="https://arxiv.org/abs/2511.23404">LFM2 Technical Report</a>
 */
public record ShortConvolution(Linear input, CausalConvolution convolution, Linear output)
    implements SequenceMixer {

  /** Checks the widths. */
  public ShortConvolution {
    if (input.outputs() != 3L * convolution.channels()
        || output.inputs() != convolution.channels()) {
      throw new IllegalArgumentException(
          "%d channels, input %s, output %s".formatted(convolution.channels(), input, output));
    }
  }

  /** The last inputs of the convolution. */
  @Override
  public LayerState state() {
    return LayerState.recurrent(convolution.state());
  }

  @Override
  public List<TensorData> tensors() {
    return Stream.of(input.tensors(), convolution.tensors(), output.tensors())
        .flatMap(List::stream)
        .toList();
  }
}
