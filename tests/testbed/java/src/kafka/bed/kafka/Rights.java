package bed.kafka;

import bed.Control;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/**
 * Kafka's own rules; and the one place in a broker where a plugin holds the thread that serves a request: here a topic
 * becomes slow to write to, as with a disk that cannot keep up.
 */
public final class Rights extends StandardAuthorizer {
    static final String CONTROL = "bed.control";

    private Control control;

    @Override
    public void configure(Map<String, ?> configs) {
        super.configure(configs);
        control = Control.at((String) configs.get(CONTROL));
    }

    @Override
    public List<AuthorizationResult> authorize(AuthorizableRequestContext context, List<Action> actions) {
        double millis = 0;
        for (Action action : actions) {
            if (action.operation() == AclOperation.WRITE
                    && action.resourcePattern().resourceType() == ResourceType.TOPIC) {
                millis = Math.max(millis, control.number("broker.write_ms." + action.resourcePattern().name(), 0));
            }
        }
        if (millis > 0) {
            try {
                Thread.sleep((long) millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return super.authorize(context, actions);
    }
}
