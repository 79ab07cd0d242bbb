-- channel_list: every channel of this node
SELECT channel, name, peer_org, own_party, policy_sha256, introduction
FROM channel
ORDER BY channel;
