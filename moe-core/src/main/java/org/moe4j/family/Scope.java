// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.PerExpert;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.CausalConvolution;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Norm;

/**
 * The tensors under a prefix, each by its name in safetensors and its name in a GGUF file, both
 * without the suffix {@code .weight}. Shapes are checked.
 *
 * @param source the file
 * @param hf prefix in safetensors
 * @param gguf prefix in a GGUF file
 */
record Scope(Source source, String hf, String gguf) {

  /** Whether a linear map has a bias. */
  enum Bias {
    /** It has none; a file that has one is refused. */
    NONE,
    /** It must have one. */
    REQUIRED,
    /** It has one if the file does: the settings do not tell. */
    IF_PRESENT;

    /**
     * As a truth value of a config says, which GGUF files leave to their tensors.
     *
     * @param source the file
     * @param key the key in a config
     * @param fallback what an absent key means
     */
    static Bias of(Source source, String key, boolean fallback) {
      if (source.gguf()) {
        return IF_PRESENT;
      }
      return source.config().flag(key, fallback) ? REQUIRED : NONE;
    }
  }

  private String name(String hfName, String ggufName) {
    return source.gguf() ? gguf + ggufName : hf + hfName;
  }

  boolean has(String hfName, String ggufName) {
    return source.hasTensor(name(hfName, ggufName));
  }

  TensorData tensor(String hfName, String ggufName, long... shape) {
    return source.tensor(name(hfName, ggufName), shape);
  }

  Linear linear(String hfName, String ggufName, long outputs, long inputs, Bias bias) {
    TensorData weight = tensor(hfName + ".weight", ggufName + ".weight", outputs, inputs);
    return new Linear(weight, bias(hfName, ggufName, outputs, bias));
  }

  private @Nullable TensorData bias(String hfName, String ggufName, long width, Bias bias) {
    boolean biased =
        switch (bias) {
          case NONE -> false;
          case REQUIRED -> true;
          case IF_PRESENT -> has(hfName + ".bias", ggufName + ".bias");
        };
    return biased ? tensor(hfName + ".bias", ggufName + ".bias", width) : null;
  }

  /** The values of a small tensor. */
  float[] values(String hfName, String ggufName, int count) {
    TensorData tensor = tensor(hfName, ggufName, count);
    float[] values = new float[count];
    Dequantizer.row(tensor.type(), tensor.data(), 0, values, 0, count);
    return values;
  }

  /** A finite number for each expert of the layer; some files have them as a row. */
  PerExpert perExpert(String hfName, String ggufName, int experts) {
    TensorData tensor =
        tensor(hfName, ggufName).rank() == 2
            ? tensor(hfName, ggufName, 1, experts)
            : tensor(hfName, ggufName, experts);
    float[] values = new float[experts];
    Dequantizer.row(tensor.type(), tensor.data(), 0, values, 0, values.length);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new MixtureException.BadFile(
            source.config().file(),
            name(hfName, ggufName),
            "expected finite numbers, found " + value,
            null);
      }
    }
    return PerExpert.of(values);
  }

  /** {@code -exp} of each value of a small tensor of safetensors, as GGUF files have it. */
  TensorData negatedExponentials(String hfName, int count) {
    TensorData logarithms = tensor(hfName, "", count);
    return TensorData.derived(
        logarithms.file(),
        "-exp " + logarithms.name(),
        TensorType.F32,
        () -> {
          float[] values = new float[count];
          Dequantizer.row(logarithms.type(), logarithms.data(), 0, values, 0, count);
          for (int i = 0; i < count; i++) {
            values[i] = (float) -StrictMath.exp(values[i]);
          }
          MemorySegment bytes = Arena.ofAuto().allocate((long) count * Float.BYTES, Float.BYTES);
          MemorySegment.copy(values, 0, bytes, ValueLayout.JAVA_FLOAT, 0, count);
          return bytes;
        },
        count);
  }

  /** A convolution of each channel for itself, whose weight safetensors have with a rank more. */
  CausalConvolution convolution(String hfName, String ggufName, int channels, int taps, Bias bias) {
    TensorData weight =
        source.gguf()
            ? tensor("", ggufName + ".weight", channels, taps)
            : tensor(hfName + ".weight", "", channels, 1, taps);
    return new CausalConvolution(channels, taps, weight, bias(hfName, ggufName, channels, bias));
  }

  Norm norm(String hfName, String ggufName, long width, float epsilon) {
    return Norm.rootMeanSquare(tensor(hfName + ".weight", ggufName + ".weight", width), epsilon);
  }

  /** A norm of deviations from the mean, as wide as its weight. */
  Norm layerNorm(String hfName, String ggufName, long width, float epsilon, Bias bias) {
    return new Norm(
        Norm.Kind.LAYER,
        Math.toIntExact(width),
        tensor(hfName + ".weight", ggufName + ".weight", width),
        0,
        bias(hfName, ggufName, width, bias),
        epsilon);
  }

  /** A root mean square norm whose weight in safetensors is the distance from one. */
  Norm offsetNorm(String hfName, String ggufName, long width, float epsilon) {
    TensorData weight = tensor(hfName + ".weight", ggufName + ".weight", width);
    // Converters to GGUF add the one.
    float offset = source.gguf() ? 0 : 1;
    return new Norm(
        Norm.Kind.ROOT_MEAN_SQUARE, Math.toIntExact(width), weight, offset, null, epsilon);
  }

  /**
   * A gated feed-forward.
   *
   * @param hfBlock what holds the three maps in safetensors, such as {@code mlp}
   * @param ggufSuffix what their names end with in a GGUF file
   * @param hidden width of the residual stream
   * @param width width of a gated row
   * @param bias whether the maps have biases
   */
  GatedFeedForward gated(String hfBlock, String ggufSuffix, int hidden, int width, Bias bias) {
    return new GatedFeedForward(
        linear(hfBlock + ".gate_proj", "ffn_gate" + ggufSuffix, width, hidden, bias),
        linear(hfBlock + ".up_proj", "ffn_up" + ggufSuffix, width, hidden, bias),
        linear(hfBlock + ".down_proj", "ffn_down" + ggufSuffix, hidden, width, bias));
  }
}
