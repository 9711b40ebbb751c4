package bed.kafka;

import bed.Props;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** One thing that an administrator of the broker does: `Errand <properties file> <what> …`. Ends when it is done. */
public final class Errand {
    private static final String TIMEOUT_MILLIS = "20000";

    public static void main(String[] args) throws Exception {
        Props props = Props.load(args[0]);
        String[] words = Arrays.copyOfRange(args, 2, args.length);
        Properties config = new Properties();
        config.put("bootstrap.servers", props.get("bootstrap"));
        config.put("default.api.timeout.ms", TIMEOUT_MILLIS);
        config.put("request.timeout.ms", TIMEOUT_MILLIS);
        try (Admin admin = Admin.create(config)) {
            switch (args[1]) {
                case "quota":
                    quota(admin, words);
                    break;
                case "partitions":
                    admin.createPartitions(Map.of(words[0], NewPartitions.increaseTo(Integer.parseInt(words[1]))))
                            .all().get();
                    break;
                case "trim":
                    trim(admin, words[0], words[1], Double.parseDouble(words[2]));
                    break;
                case "create-topic":
                    createTopic(admin, new NewTopic(words[0], props.number("partitions"), (short) props.number("copies")));
                    break;
                case "delete-topic":
                    admin.deleteTopics(List.of(words[0])).all().get();
                    break;
                case "figures":
                    new Figures(props).count(words[0]);
                    break;
                case "deny-read":
                    deny(admin, AclOperation.READ, resource(words));
                    break;
                case "deny":
                    deny(admin, AclOperation.fromString(words[0]), resource(Arrays.copyOfRange(words, 1, words.length)));
                    break;
                case "topics":
                    placeTopics(admin, words);
                    break;
                case "wait-dir-failed":
                    waitDirFailed(admin, Integer.parseInt(words[0]));
                    break;
                case "left-group":
                    leaveGroup(admin, words[0], words[1], props.number("partitions"));
                    break;
                case "allow":
                    admin.deleteAcls(List.of(new AclBindingFilter(resource(words).toFilter(), AccessControlEntryFilter.ANY)))
                            .all().get();
                    break;
                default:
                    throw new IllegalArgumentException("no such errand: " + args[1]);
            }
        }
    }

    /** `<producer|consumer>_byte_rate <bytes/s or off> <client id>…` */
    private static void quota(Admin admin, String[] words) throws Exception {
        Double rate = words[1].equals("off") ? null : Double.valueOf(words[1]);
        List<ClientQuotaAlteration> all = new ArrayList<>();
        for (String client : Arrays.copyOfRange(words, 2, words.length)) {
            all.add(new ClientQuotaAlteration(
                    new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, client)),
                    List.of(new ClientQuotaAlteration.Op(words[0], rate))));
        }
        admin.alterClientQuotas(all).all().get();
    }

    /** Deletes a share of what the group has not yet read, the oldest first, as retention would. */
    private static void trim(Admin admin, String topic, String group, double share) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed =
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        committed.keySet().stream().filter(p -> p.topic().equals(topic)).forEach(p -> latest.put(p, OffsetSpec.latest()));
        if (latest.isEmpty()) {
            throw new IllegalStateException(group + " has no committed offset in " + topic);
        }
        Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(latest).all().get();
        Map<TopicPartition, RecordsToDelete> until = new HashMap<>();
        ends.forEach((partition, end) -> {
            long read = committed.get(partition).offset();
            until.put(partition, RecordsToDelete.beforeOffset(read + (long) (share * (end.offset() - read))));
        });
        admin.deleteRecords(until).all().get();
    }

    /** Right after a deletion of the same name the broker may still be busy with it. */
    private static void createTopic(Admin admin, NewTopic topic) throws Exception {
        for (int tries = 20; ; tries--) {
            try {
                admin.createTopics(List.of(topic)).all().get();
                return;
            } catch (ExecutionException e) {
                if (tries == 0) {
                    throw e;
                }
                Thread.sleep(250);
            }
        }
    }

    private static ResourcePattern resource(String[] words) {
        return new ResourcePattern(ResourceType.fromString(words[0]), words[1], PatternType.LITERAL);
    }

    /** Whoever has one rule has only what rules allow: the rest is allowed beside the denial. */
    private static void deny(Admin admin, AclOperation what, ResourcePattern resource) throws Exception {
        AccessControlEntry all = new AccessControlEntry("User:*", "*", AclOperation.ALL, AclPermissionType.ALLOW);
        AccessControlEntry not = new AccessControlEntry("User:*", "*", what, AclPermissionType.DENY);
        admin.createAcls(List.of(new AclBinding(resource, all), new AclBinding(resource, not))).all().get();
    }

    /** Each word: `name/partitions/broker,broker…[/key=value]`, every partition on these brokers. */
    private static void placeTopics(Admin admin, String[] words) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String word : words) {
            String[] parts = word.split("/");
            List<Integer> brokers = new ArrayList<>();
            for (String broker : parts[2].split(",")) {
                brokers.add(Integer.valueOf(broker));
            }
            Map<Integer, List<Integer>> replicas = new HashMap<>();
            for (int i = 0; i < Integer.parseInt(parts[1]); i++) {
                replicas.put(i, brokers);
            }
            NewTopic topic = new NewTopic(parts[0], replicas);
            if (parts.length > 3) {
                String[] pair = parts[3].split("=", 2);
                topic.configs(Map.of(pair[0], pair[1]));
            }
            topics.add(topic);
        }
        admin.createTopics(topics).all().get();
    }

    private static void waitDirFailed(Admin admin, int broker) throws Exception {
        while (admin.describeLogDirs(List.of(broker)).allDescriptions().get().get(broker).values().stream()
                .allMatch(dir -> dir.error() == null)) {
            Thread.sleep(500);
        }
    }

    /** A group that has read the topic once, and never again. */
    private static void leaveGroup(Admin admin, String group, String topic, int partitions) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (int i = 0; i < partitions; i++) {
            offsets.put(new TopicPartition(topic, i), new OffsetAndMetadata(0));
        }
        admin.alterConsumerGroupOffsets(group, offsets).all().get();
    }
}
