// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.moe4j.format.TensorType;

/**
 * A GGUF file of a {@link Shape} with random weights: for measuring speed, never quality. Its
 * vocabulary has a token for each byte and placeholders, so it is driven with token ids.
 *
 * @param shape sizes
 * @param mix which tensor types it has
 */
record SyntheticModel(Shape shape, Mix mix) {

  private static final long SEED = 42;
  private static final int CONTEXT = 16_384;
  private static final int PLACEHOLDERS_FROM = 10;

  /**
   * Tensor types of a file, as llama.cpp's mixes of the same names have them by and large.
   *
   * <p>The experts of gpt-oss are always MXFP4; its other matrices are Q8_0 unless F16 is asked
   * for.
   */
  enum Mix {
    /** F16 throughout. */
    F16(TensorType.F16, TensorType.F16, TensorType.F16),
    /** Q8_0 throughout. */
    Q8_0(TensorType.Q8_0, TensorType.Q8_0, TensorType.Q8_0),
    /** Q4_0, the output matrix Q6_K. */
    Q4_0(TensorType.Q4_0, TensorType.Q4_0, TensorType.Q6_K),
    /** Q4_K, the output matrix and the down maps of every second layer Q6_K. */
    Q4_K_M(TensorType.Q4_K, TensorType.Q6_K, TensorType.Q6_K),
    /** MXFP4 experts, the rest Q8_0. */
    MXFP4(TensorType.Q8_0, TensorType.Q8_0, TensorType.Q8_0);

    private final TensorType main;
    private final TensorType secondDown;
    private final TensorType output;

    Mix(TensorType main, TensorType secondDown, TensorType output) {
      this.main = main;
      this.secondDown = secondDown;
      this.output = output;
    }
  }

  /** File name. */
  String fileName() {
    return shape.name() + "-" + mix + ".gguf";
  }

  /**
   * The file in a folder; made if it is not there.
   *
   * @param folder where files with random weights are kept
   */
  Path in(Path folder) throws IOException {
    Path file = folder.resolve(fileName());
    if (!Files.exists(file)) {
      Files.createDirectories(folder);
      writer().write(file);
    }
    return file;
  }

  private boolean isGptOss() {
    return shape.architecture().equals("gpt-oss");
  }

  private GgufWriter writer() {
    String prefix = shape.architecture() + ".";
    GgufWriter writer =
        new GgufWriter()
            .text("general.architecture", shape.architecture())
            .text("general.name", shape.name())
            .number(prefix + "block_count", shape.layers())
            .number(prefix + "context_length", CONTEXT)
            .number(prefix + "embedding_length", shape.hidden())
            .number(prefix + "feed_forward_length", shape.expertWidth())
            .number(prefix + "expert_feed_forward_length", shape.expertWidth())
            .number(prefix + "attention.head_count", shape.heads())
            .number(prefix + "attention.head_count_kv", shape.kvHeads())
            .number(prefix + "attention.key_length", shape.headSize())
            .number(prefix + "attention.value_length", shape.headSize())
            .real(prefix + "attention.layer_norm_rms_epsilon", 1e-6f)
            .number(prefix + "rope.dimension_count", shape.headSize())
            .real(prefix + "rope.freq_base", 1e6f)
            .number(prefix + "vocab_size", shape.vocabulary())
            .number(prefix + "expert_count", shape.experts())
            .number(prefix + "expert_used_count", shape.perToken());
    if (isGptOss()) {
      writer.number(prefix + "attention.sliding_window", 128);
    }
    vocabulary(writer);
    new Tensors(writer).add();
    return writer;
  }

  private void vocabulary(GgufWriter writer) {
    List<String> tokens = new ArrayList<>();
    int[] types = new int[shape.vocabulary()];
    for (int i = 0; i < PLACEHOLDERS_FROM; i++) {
      tokens.add("<|special " + i + "|>");
      types[i] = 3;
    }
    for (int value = 0; value < 256; value++) {
      tokens.add(byteCharacter(value));
    }
    tokens.add("t2");
    while (tokens.size() < shape.vocabulary()) {
      tokens.add("<" + tokens.size() + ">");
    }
    for (int i = PLACEHOLDERS_FROM; i < types.length; i++) {
      types[i] = 1;
    }
    writer
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "qwen2")
        .texts("tokenizer.ggml.tokens", tokens)
        .numbers("tokenizer.ggml.token_type", types)
        .texts("tokenizer.ggml.merges", List.of("t 2"))
        .number("tokenizer.ggml.bos_token_id", 0)
        .number("tokenizer.ggml.eos_token_id", 1);
  }

  /** The letter that byte-level vocabularies write for a byte. */
  private static String byteCharacter(int value) {
    int spare = 0;
    for (int b = 0; b <= value; b++) {
      boolean printable = (b > 32 && b < 127) || (b > 160 && b != 173);
      if (b == value) {
        return Character.toString(printable ? b : 256 + spare);
      }
      spare += printable ? 0 : 1;
    }
    throw new AssertionError(value);
  }

  /** Adds the tensors in the order of the layers. */
  private final class Tensors {
    private final GgufWriter writer;
    private final RandomWeights random = new RandomWeights(SEED);

    Tensors(GgufWriter writer) {
      this.writer = writer;
    }

    void add() {
      matrix("token_embd.weight", mix.main, shape.vocabulary(), shape.hidden());
      matrix("output.weight", mix.output, shape.vocabulary(), shape.hidden());
      values("output_norm.weight", 1, shape.hidden());
      for (int i = 0; i < shape.layers(); i++) {
        attention("blk." + i + ".");
        experts("blk." + i + ".", i);
      }
    }

    private void attention(String layer) {
      int hidden = shape.hidden();
      int queries = shape.heads() * shape.headSize();
      int keys = shape.kvHeads() * shape.headSize();
      values(layer + "attn_norm.weight", 1, hidden);
      values(layer + (isGptOss() ? "post_attention_norm" : "ffn_norm") + ".weight", 1, hidden);
      matrix(layer + "attn_q.weight", mix.main, queries, hidden);
      matrix(layer + "attn_k.weight", mix.main, keys, hidden);
      matrix(layer + "attn_v.weight", mix.main, keys, hidden);
      matrix(layer + "attn_output.weight", mix.main, hidden, queries);
      switch (shape.architecture()) {
        case "qwen3moe" -> {
          values(layer + "attn_q_norm.weight", 1, shape.headSize());
          values(layer + "attn_k_norm.weight", 1, shape.headSize());
        }
        case "olmoe" -> {
          values(layer + "attn_q_norm.weight", 1, queries);
          values(layer + "attn_k_norm.weight", 1, keys);
        }
        case "gpt-oss" -> {
          values(layer + "attn_q.bias", 0, queries);
          values(layer + "attn_k.bias", 0, keys);
          values(layer + "attn_v.bias", 0, keys);
          values(layer + "attn_output.bias", 0, hidden);
          values(layer + "attn_sinks.weight", 0, shape.heads());
        }
        default -> {}
      }
    }

    private void experts(String layer, int index) {
      int hidden = shape.hidden();
      int width = shape.expertWidth();
      TensorType type = isGptOss() ? TensorType.MXFP4 : mix.main;
      TensorType down = isGptOss() || index % 2 == 0 ? type : mix.secondDown;
      matrix(layer + "ffn_gate_inp.weight", TensorType.F32, shape.experts(), hidden);
      stack(layer + "ffn_gate_exps.weight", type, width, hidden);
      stack(layer + "ffn_up_exps.weight", type, width, hidden);
      stack(layer + "ffn_down_exps.weight", down, hidden, width);
      if (isGptOss()) {
        values(layer + "ffn_gate_inp.bias", 0, shape.experts());
        values(layer + "ffn_gate_exps.bias", 0, shape.experts(), width);
        values(layer + "ffn_up_exps.bias", 0, shape.experts(), width);
        values(layer + "ffn_down_exps.bias", 0, shape.experts(), hidden);
      }
    }

    private void matrix(String name, TensorType type, int outputs, int inputs) {
      writer.tensor(name, type, random.matrix(type, inputs), outputs, inputs);
    }

    private void stack(String name, TensorType type, int outputs, int inputs) {
      writer.tensor(name, type, random.matrix(type, inputs), shape.experts(), outputs, inputs);
    }

    private void values(String name, float center, long... sizes) {
      writer.tensor(name, TensorType.F32, random.values(center), sizes);
    }
  }
}
