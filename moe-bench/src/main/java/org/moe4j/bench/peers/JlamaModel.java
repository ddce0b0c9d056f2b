// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.moe4j.bench.peers.FileWriter.Content;
import org.moe4j.bench.peers.FileWriter.Region;

/**
 * A directory with random weights as Jlama reads a Mixtral: safetensors whose matrices have its
 * type {@code Q4}, blocks of 32 nibbles as in Q4_0 with their scales, in F32, in a tensor beside;
 * the embedding in F32, as Jlama needs it.
 *
 * @param shape sizes of a Mixtral
 */
record JlamaModel(Shape shape) {

  private static final long SEED = 43;
  private static final int BLOCK = 32;

  /** Checks that it is a Mixtral. */
  JlamaModel {
    if (!shape.architecture().equals("llama")) {
      throw new IllegalArgumentException("Jlama knows one mixture, Mixtral; not " + shape.name());
    }
  }

  /**
   * The directory in a folder; made if it is not there.
   *
   * @param folder where files with random weights are kept
   */
  Path in(Path folder) throws IOException {
    Path directory = folder.resolve(shape.name() + "-jlama-Q4");
    Path weights = directory.resolve("model.safetensors");
    if (!Files.exists(weights)) {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("config.json"), config());
      Files.writeString(directory.resolve("tokenizer.json"), tokenizer());
      new Tensors().write(weights);
    }
    return directory;
  }

  private String config() {
    return String.format(
        Locale.ROOT,
        """
        {"model_type": "mixtral", "max_position_embeddings": 16384, "hidden_size": %d,
         "intermediate_size": %d, "num_attention_heads": %d, "num_key_value_heads": %d,
         "num_hidden_layers": %d, "rms_norm_eps": 1e-6, "vocab_size": %d, "bos_token_id": 0,
         "eos_token_id": 1, "rope_theta": 1000000.0, "hidden_act": "silu",
         "num_local_experts": %d, "num_experts_per_tok": %d}
        """,
        shape.hidden(),
        shape.expertWidth(),
        shape.heads(),
        shape.kvHeads(),
        shape.layers(),
        shape.vocabulary(),
        shape.experts(),
        shape.perToken());
  }

  /** A vocabulary of placeholders: the benchmark gives token ids. */
  private String tokenizer() {
    StringJoiner tokens = new StringJoiner(", ", "{", "}");
    for (int i = 0; i < shape.vocabulary(); i++) {
      tokens.add("\"<" + i + ">\": " + i);
    }
    return "{\"model\": {\"type\": \"BPE\", \"unk_token\": \"<0>\", \"fuse_unk\": false,"
        + " \"byte_fallback\": false, \"vocab\": "
        + tokens
        + ", \"merges\": []}}";
  }

  /** Collects the tensors and their places. */
  private final class Tensors {
    private final RandomWeights random = new RandomWeights(SEED);
    private final StringJoiner header = new StringJoiner(", ", "{", "}");
    private final List<Region> regions = new ArrayList<>();
    private long at;

    void write(Path file) throws IOException {
      int hidden = shape.hidden();
      int keys = shape.kvHeads() * shape.headSize();
      int queries = shape.heads() * shape.headSize();
      tensor(
          "model.embed_tokens.weight",
          "F32",
          4L * shape.vocabulary() * hidden,
          random.values(0),
          shape.vocabulary(),
          hidden);
      norm("model.norm.weight");
      matrix("lm_head.weight", shape.vocabulary(), hidden);
      for (int i = 0; i < shape.layers(); i++) {
        String layer = "model.layers." + i + ".";
        norm(layer + "input_layernorm.weight");
        norm(layer + "post_attention_layernorm.weight");
        matrix(layer + "self_attn.q_proj.weight", queries, hidden);
        matrix(layer + "self_attn.k_proj.weight", keys, hidden);
        matrix(layer + "self_attn.v_proj.weight", keys, hidden);
        matrix(layer + "self_attn.o_proj.weight", hidden, queries);
        String mixture = layer + "block_sparse_moe.";
        matrix(mixture + "gate.weight", shape.experts(), hidden);
        for (int expert = 0; expert < shape.experts(); expert++) {
          String name = mixture + "experts." + expert + ".";
          matrix(name + "w1.weight", shape.expertWidth(), hidden);
          matrix(name + "w2.weight", hidden, shape.expertWidth());
          matrix(name + "w3.weight", shape.expertWidth(), hidden);
        }
      }
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
      byte[] padded = java.util.Arrays.copyOf(json, (json.length + 63) / 64 * 64);
      java.util.Arrays.fill(padded, json.length, padded.length, (byte) ' ');
      head.writeBytes(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(padded.length)
              .array());
      head.writeBytes(padded);
      List<Region> placed =
          regions.stream()
              .map(region ->
                  new Region(head.size() + region.offset(), region.bytes(), region.content()))
              .toList();
      FileWriter.write(file, head.toByteArray(), placed);
    }

    private void norm(String name) {
      tensor(name, "F32", 4L * shape.hidden(), random.values(1), 1, shape.hidden());
    }

    private void matrix(String name, int outputs, int inputs) {
      long elements = (long) outputs * inputs;
      float scale = (float) (1 / Math.sqrt(inputs) / RandomWeights.NIBBLE);
      tensor(name, "Q4", elements / 2, random.bytes(), outputs, inputs);
      Content scales =
          (part, offset) -> {
            while (part.hasRemaining()) {
              part.putFloat(scale);
            }
          };
      tensor(name + ".qb", "F32", 4 * (elements / BLOCK), scales, outputs, inputs / BLOCK);
    }

    private void tensor(
        String name, String type, long bytes, Content content, int outputs, int inputs) {
      header.add(
          String.format(
              Locale.ROOT,
              "\"%s\": {\"dtype\": \"%s\", \"shape\": [%d, %d], \"data_offsets\": [%d, %d]}",
              name,
              type,
              outputs,
              inputs,
              at,
              at + bytes));
      regions.add(new Region(at, bytes, content));
      at += bytes;
    }
  }
}
